// `npm run test:mutants [-- paths] [--minutes N] [--tests N] [--share N]`: makes one small wrong edit at a time and runs
// the tests that reach the file, the nearest first, until one fails. An edit that no test notices has survived. Files are
// changed in place and put back; a file with changes that are not committed is refused.
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createVitest, type TestSpecification } from 'vitest/node';
import { applied, type Edit, editsOf } from './edits.ts';
import { nearestTests } from './nearest-tests.ts';

const SCOPE = ['policy', 'step-up', 'sessions', 'workflows', 'factors', 'persistence'].map(
  (folder) => `src/${folder}`,
);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '30' },
    tests: { type: 'string', default: '10' },
    share: { type: 'string', default: '1' },
  },
});
const deadline = Date.now() + Number(values.minutes) * 60_000;
const every = Number(values.share);

const files = (positionals.length > 0 ? positionals : SCOPE).flatMap((path) =>
  statSync(path).isDirectory() ? globSync(`${path}/**/*.ts`).toSorted() : path,
);
execFileSync('git', ['diff', '--quiet', 'HEAD', '--', ...files]);

const vitest = await createVitest('test', {
  watch: false,
  project: ['server'],
  maxWorkers: 1,
  testTimeout: 20_000,
  reporters: [{}],
});
const specifications = await vitest.globTestSpecifications();
const byFile = new Map(specifications.map((one) => [one.moduleId, one] as const));

let original: { readonly file: string; readonly source: string } | null = null;
function restore(): void {
  if (original !== null) writeFileSync(original.file, original.source);
  original = null;
}
process.on('exit', restore);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

/** One test file after the other, and not with `bail`: it counts the failures of earlier runs too. */
async function isNoticed(tests: readonly TestSpecification[]): Promise<boolean> {
  for (const test of tests) {
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications([test], false);
    if (unhandledErrors.length > 0 || testModules.some((module) => !module.ok())) return true;
  }
  return false;
}

function testsOf(file: string): TestSpecification[] {
  const tests = nearestTests(file, [...byFile.keys()]).slice(0, Number(values.tests));
  return tests.flatMap((test) => byFile.get(test) ?? []);
}

async function survives(file: string, source: string, edit: Edit): Promise<boolean> {
  original = { file, source };
  writeFileSync(file, applied(source, edit));
  vitest.invalidateFile(resolve(file));
  try {
    return !(await isNoticed(testsOf(file)));
  } finally {
    restore();
    vitest.invalidateFile(resolve(file));
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
let made = 0;
let survived = 0;
let left = 0;
for (const file of files) {
  const source = readFileSync(file, 'utf8');
  const edits = editsOf(file, source).filter((_, at) => at % every === 0);
  if (edits.length > 0 && Date.now() < deadline && (await isNoticed(testsOf(file)))) {
    print(`${file}: its tests fail without an edit`);
    continue;
  }
  for (const edit of edits) {
    if (Date.now() > deadline) {
      left += 1;
      continue;
    }
    made += 1;
    if (!(await survives(file, source, edit))) continue;
    survived += 1;
    const before = source.slice(edit.start, edit.end).replaceAll(/\s+/g, ' ').slice(0, 80);
    print(
      `${relative('.', file)}:${edit.line}  ${before}  ->  ${edit.replacement.replaceAll(/\s+/g, ' ').slice(0, 80)}`,
    );
  }
}
print(`${made} edits, ${survived} survived${left > 0 ? `, ${left} not tried for lack of time` : ''}`);
await vitest.close();
process.exit(0);
