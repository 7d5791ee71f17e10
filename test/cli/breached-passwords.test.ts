// `stepgate breached-passwords`, run in its own process as an operator would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSortedFile } from '../breached-index/sorted-file.ts';
import { type Outcome, runHere } from '../harness/command.ts';

const CANARY = 'canary-7f3a-correct-horse';
const ONCE = 'seen only once';
/** Decomposed, as some keyboards type it, and composed, as in the list. */
const [DECOMPOSED, COMPOSED] = ['Pa\u0308sswort im Klartext', 'P\u00e4sswort im Klartext'];

let folder = '';
let hashes = '';
let index = '';
let built: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-breached-'));
  hashes = join(folder, 'pwnedpasswords.txt');
  index = join(folder, 'breached.index');
  const passwords = new Map([
    [CANARY, 100],
    [ONCE, 1],
    [COMPOSED, 3],
  ]);
  await writeSortedFile(hashes, { others: 50_000, passwords });
  built = await run(['build', hashes, index]);
});

afterAll(() => rm(folder, { recursive: true }));

async function run(args: readonly string[], input = ''): Promise<Outcome> {
  const command = spawn(process.execPath, ['src/cli/stepgate.ts', 'breached-passwords', ...args], {
    stdio: 'pipe',
  });
  command.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    once(command, 'exit') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}

describe('build', () => {
  test('describes the index on standard output and reports progress on standard error', () => {
    expect(built.code).toBe(0);
    expect(built.stdout).toMatch(
      /^Passwords: +50003, each seen at least once\nBytes: +\d+ \(\d\.\d\d per password\)\nFalse positives: +1 in \d+\nSource file: +\d+ bytes\n$/,
    );
    expect(built.stderr).toMatch(/100 % \| (\d+) of \1 MB/);
  });

  test('leaves out passwords seen fewer than --least-times times, and info shows the limit', async () => {
    const few = join(folder, 'few.index');
    const { code, stdout } = await run(['build', hashes, few, '--least-times', '41']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Passwords: +1, each seen at least 41 times\n/);
    expect(await run(['info', few])).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('reports invalid input in one line and leaves no file behind', async () => {
    const unsorted = join(folder, 'unsorted.txt');
    await writeFile(unsorted, `${'B'.repeat(40)}:1\n${'A'.repeat(40)}:1\n`);
    expect(await run(['build', unsorted, join(folder, 'unsorted.index')])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Line 2 is invalid: its hash is not greater than the previous one. The file must be sorted by hash.\n',
    });
    expect((await readdir(folder)).filter((name) => name.startsWith('unsorted'))).toEqual(['unsorted.txt']);
  });
});

describe('look-up', () => {
  test.each([
    ['a breached password', CANARY, 0, 'Breached: seen at least 64 times.\n'],
    ['a breached password followed by a newline', `${CANARY}\n`, 0, 'Breached: seen at least 64 times.\n'],
    [
      'a breached password followed by a Windows newline',
      `${CANARY}\r\n`,
      0,
      'Breached: seen at least 64 times.\n',
    ],
    ['a password seen once', ONCE, 0, 'Breached: seen at least once.\n'],
    ['a password in another Unicode normalization form', DECOMPOSED, 0, 'Breached: seen at least 2 times.\n'],
    ['an unknown password', `${CANARY} `, 1, 'Not found.\n'],
  ])('look-up of %s', async (_name, input, code, stdout) => {
    expect(await run(['look-up', index], input)).toEqual({ code, stdout, stderr: '' });
  });

  test.each([
    ['nothing', '', 'No password given.\n'],
    ['an empty line', '\n', 'No password given.\n'],
  ])('look-up of %s is an error, not an unknown password', async (_name, input, stderr) => {
    expect(await run(['look-up', index], input)).toEqual({ code: 2, stdout: '', stderr });
  });

  test('look-up refuses a password on the command line and does not repeat it', async () => {
    const { code, stdout, stderr } = await run(['look-up', index, CANARY], 'x');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Too many arguments for 'look-up'\. Expected 1 argument but got 2\.\n\nUsage:/);
    expect(stderr).not.toContain(CANARY);
  });

  test('look-up in a file that is not an index fails before it asks for a password', async () => {
    const { code, stderr } = await run(['look-up', hashes], CANARY);
    expect(code).toBe(2);
    expect(stderr).toBe(`${hashes} cannot be used: it is not an index of breached passwords.\n`);
  });
});

const LEAST_TIMES =
  /^Option '--least-times <N>' .* It must be a whole number from 1 to 999999999\.\n\nUsage:/;

test.each([
  [[], /^Usage:/],
  [['find'], /^Unknown command 'find'\.\n\nUsage:/],
  [['build'], /^Missing required argument 'SORTED_FILE'\.\n\nUsage:/],
  [['build', 'hashes'], /^Missing required argument 'INDEX'\.\n\nUsage:/],
  [['build', 'hashes', 'index', 'more'], /^Too many arguments for 'build'\. .*\n\nUsage:/],
  [['build', 'hashes', 'index', '--least-times', '0'], LEAST_TIMES],
  [['build', 'hashes', 'index', '--least-times', 'ten'], LEAST_TIMES],
  [['build', 'hashes', 'index', '--leasttimes', '2'], /^Unknown option '--leasttimes'\.\n/],
  [['look-up'], /^Missing required argument 'INDEX'\.\n\nUsage:/],
  [['info'], /^Missing required argument 'INDEX'\.\n\nUsage:/],
])('invalid arguments print an error and the usage: %j', async (args, mistake) => {
  const { code, stdout, stderr } = await runHere(['breached-passwords', ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(mistake);
  expect(stderr).toContain('Usage: stepgate breached-passwords ');
});
