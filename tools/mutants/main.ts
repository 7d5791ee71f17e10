// `npm run test:mutants [-- paths] [--minutes N] [--tests N] [--share N] [--offset N] [--with TEST]`: applies one mutation
// at a time and runs the tests nearest to the file until one fails. A mutation that no test detects has survived. Files are
// changed in place and restored; files with uncommitted changes are refused.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import { createTemplate } from '../../test/harness/postgres.ts';
import { applied, type Edit, editsOf } from './edits.ts';
import { nearestTests } from './nearest-tests.ts';

const SCOPE = ['policy', 'step-up', 'sessions', 'workflows', 'factors', 'persistence'].map(
  (folder) => `src/${folder}`,
);
/** A timeout counts as a failure, to detect mutations that cause endless loops. */
const LONGEST_RUN_MS = 400_000;
const VITEST = 'node_modules/vitest/vitest.mjs';
const CONFIG = 'tools/mutants/vitest.config.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '30' },
    tests: { type: 'string', default: '10' },
    share: { type: 'string', default: '1' },
    offset: { type: 'string', default: '0' },
    with: { type: 'string', multiple: true, default: [] },
  },
});
const deadline = Date.now() + Number(values.minutes) * 60_000;
const files = (positionals.length > 0 ? positionals : SCOPE).flatMap((path) =>
  statSync(path).isDirectory() ? globSync(`${path}/**/*.ts`).toSorted() : path,
);
execFileSync('git', ['diff', '--quiet', 'HEAD', '--', ...files]);
const allTests = globSync('test/**/*.test.ts')
  .filter((test) => !/^test\/(browser|package)\//.test(test))
  .map((test) => resolve(test));

let original: { readonly file: string; readonly source: string } | null = null;
function restore(): void {
  if (original !== null) writeFileSync(original.file, original.source);
  original = null;
}
process.on('exit', restore);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

type Environment = Readonly<Record<string, string>>;

/** Runs the first test alone, because it detects most mutations: the others cost much more time. */
async function fail([first, ...others]: readonly string[], environment: Environment): Promise<boolean> {
  if (first === undefined) return false;
  if (await failsIn([first], environment)) return true;
  return others.length > 0 && (await failsIn(others, environment));
}

/** Runs tests in a separate process, so that the mutated file is not cached. */
async function failsIn(tests: readonly string[], environment: Environment): Promise<boolean> {
  const vitest = spawn(
    process.execPath,
    [VITEST, 'run', `--config=${CONFIG}`, '--project=server', '--bail=1', '--maxWorkers=1', ...tests],
    { env: { ...process.env, ...environment }, stdio: 'ignore', timeout: LONGEST_RUN_MS },
  );
  const [code] = (await once(vitest, 'exit')) as [number | null];
  return code !== 0;
}

async function survives(file: string, edit: Edit, environment: Environment): Promise<boolean> {
  const source = readFileSync(file, 'utf8');
  original = { file, source };
  writeFileSync(file, applied(source, edit));
  try {
    return !(await fail(testsOf(file), environment));
  } finally {
    restore();
  }
}

function testsOf(file: string): readonly string[] {
  if (values.with.length > 0) return values.with;
  return nearestTests(file, allTests).slice(0, Number(values.tests));
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const short = (code: string): string => code.replaceAll(/\s+/g, ' ').slice(0, 80);

const dataDir = await mkdtemp(join(tmpdir(), 'stepgate-mutants-'));
const postgres = await startEmbeddedPostgres({ dataDir, durable: false, log: () => {} });
const server = { DATABASE_URL: postgres.url };
const TEST_TEMPLATE = 'stepgate_template';
await createTemplate(postgres.url, TEST_TEMPLATE);
const onTemplate = { ...server, TEST_TEMPLATE };
try {
  const counts = { made: 0, survived: 0, left: 0 };
  for (const file of files) {
    const source = readFileSync(file, 'utf8');
    const edits = editsOf(file, source).filter(
      (_, at) => at % Number(values.share) === Number(values.offset),
    );
    if (edits.length === 0) continue;
    // Mutations of the code that creates the schema require a new schema for each run.
    const environment = file.startsWith('src/persistence/') ? server : onTemplate;
    if (Date.now() < deadline && (await fail(testsOf(file), environment))) {
      print(`${file}: the tests fail without a mutation`);
      continue;
    }
    for (const edit of edits) {
      if (Date.now() > deadline) {
        counts.left += 1;
        continue;
      }
      counts.made += 1;
      if (!(await survives(file, edit, environment))) continue;
      counts.survived += 1;
      print(
        `${file}:${edit.line}  ${short(source.slice(edit.start, edit.end))}  ->  ${short(edit.replacement)}`,
      );
    }
  }
  print(
    `${counts.made} mutations, ${counts.survived} survived, ${counts.left} not tried before the time limit`,
  );
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
