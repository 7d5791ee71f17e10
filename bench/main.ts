// `npm run bench [-- MEASURE …] [--large] [--rounds N]`: measures what docs/performance.md promises, prints figures with their goals,
// and keeps them in bench/results/latest.json. Without names it runs everything but the large measures. `--rounds 5` is
// for a quick look.
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Lab } from './lab.ts';
import type { Measure } from './measure.ts';
import { flood } from './measures/flood.ts';
import { guardedFields } from './measures/guarded-fields.ts';
import { large } from './measures/large.ts';
import { memory } from './measures/memory.ts';
import { reads } from './measures/reads.ts';
import { signIn, signInWithTotp } from './measures/sign-in.ts';
import { start } from './measures/start.ts';
import { wholeSignIn } from './measures/whole-sign-in.ts';
import { keepResult, readResults } from './results.ts';
import { ROUNDS } from './rounds.ts';
import { breakdownTable, figuresTable, notesList } from './table.ts';

const MEASURES: readonly Measure[] = [
  signIn,
  signInWithTotp,
  wholeSignIn,
  reads,
  guardedFields,
  flood,
  memory,
  start,
  large,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    large: { type: 'boolean', default: false },
    rounds: { type: 'string', default: String(ROUNDS) },
  },
});
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => !MEASURES.some((one) => one.name === name));
if (process.platform !== 'linux' || unknown.length > 0) {
  const names = MEASURES.map(({ name }) => name).join(', ');
  const why =
    unknown.length > 0 ? `Unknown: ${unknown.join(', ')}. ` : 'The benchmark reads /proc and needs Linux. ';
  process.stderr.write(`${why}Measures: ${names}.\n`);
  process.exit(2);
}
const chosen = MEASURES.filter(({ name, isLarge = false }) =>
  positionals.length > 0 || isLarge ? positionals.includes(name) || (isLarge && values.large) : true,
);

const [load = 0] = loadavg();
if (load > availableParallelism() / 2)
  process.stderr.write(`The machine is busy (load ${load.toFixed(1)}). The figures will be too high.\n`);

{
  await using lab = new Lab(rounds);
  for (const measure of chosen) {
    const startedAt = performance.now();
    process.stderr.write(`${measure.name} …`);
    try {
      const result = await measure.run(lab);
      const seconds = (performance.now() - startedAt) / 1000;
      process.stderr.write(` ${seconds.toFixed(0)} s\n`);
      keepResult(measure.name, result, { seconds: Math.round(seconds), rounds });
    } catch (error) {
      process.stderr.write(` failed: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = 1;
    }
  }
}
const results = Object.fromEntries(
  Object.entries(readResults()).filter(([name]) => chosen.some((one) => one.name === name)),
);
if (Object.keys(results).length > 0) {
  const parts = [figuresTable(results), breakdownTable(results), notesList(results)];
  process.stdout.write(`\n${parts.join('\n\n')}\n`);
}
