// `stepgate breached-passwords`, run as an operator runs it: in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { breachedPasswords } from '../../src/cli/breached-passwords.ts';
import { writeSortedFile } from '../factors/password/breached/sorted-file.ts';
import type { Outcome } from '../harness/command.ts';

const CANARY = 'canary-7f3a-correct-horse';
const ONCE = 'seen only once';
/** Decomposed, as some keyboards write it, and as the list has it. */
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
  test('says what it has built; how far it has come goes to the other stream', () => {
    expect(built.code).toBe(0);
    expect(built.stdout).toMatch(
      /^Passwords: +50003, each seen at least once\nBytes: +\d+, \d\.\d\d for each password\nFalse positives: +1 in \d+\nMade of a file of \d+ bytes\n$/,
    );
    expect(built.stderr).toMatch(/100 % \| (\d+) of \1 MB/);
  });

  test('leaves out what was seen less often than --least-times, and info says so', async () => {
    const few = join(folder, 'few.index');
    const { code, stdout } = await run(['build', hashes, few, '--least-times', '41']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Passwords: +1, each seen at least 41 times\n/);
    expect(await run(['info', few])).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('of what will not do leaves nothing but a sentence', async () => {
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
    ['one that ends its line', `${CANARY}\n`, 0, 'Breached: seen at least 64 times.\n'],
    ['one that ends its line as on Windows', `${CANARY}\r\n`, 0, 'Breached: seen at least 64 times.\n'],
    ['one that was seen once', ONCE, 0, 'Breached: seen at least once.\n'],
    ['one in another form of Unicode', DECOMPOSED, 0, 'Breached: seen at least 2 times.\n'],
    ['another one', `${CANARY} `, 1, 'Not known.\n'],
  ])('%s', async (_name, input, code, stdout) => {
    expect(await run(['look-up', index], input)).toEqual({ code, stdout, stderr: '' });
  });

  test.each([
    ['nothing', '', 'No password was given.\n'],
    ['an empty line', '\n', 'No password was given.\n'],
  ])('of %s is a mistake, and not a password that is not known', async (_name, input, stderr) => {
    expect(await run(['look-up', index], input)).toEqual({ code: 2, stdout: '', stderr });
  });

  test('takes no password from the arguments, where everybody sees it, and does not repeat it', async () => {
    const { code, stdout, stderr } = await run(['look-up', index, CANARY], 'x');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^There is a word too many\.\n\nUsage:/);
    expect(stderr).not.toContain(CANARY);
  });

  test('in what is no index says so, without asking for a password first', async () => {
    const { code, stderr } = await run(['look-up', hashes], CANARY);
    expect(code).toBe(2);
    expect(stderr).toBe(`${hashes} cannot be used: it is not an index of breached passwords.\n`);
  });
});

test.each([
  [[], 'build, look-up or info?'],
  [['find'], 'There is no command breached-passwords find.'],
  [['build'], 'SORTED_FILE is missing.'],
  [['build', 'hashes'], 'INDEX is missing.'],
  [['build', 'hashes', 'index', 'more'], 'There is a word too many.'],
  [['build', 'hashes', 'index', '--least-times', '0'], '--least-times is a whole number from 1 on.'],
  [['build', 'hashes', 'index', '--least-times', 'ten'], '--least-times is a whole number from 1 on.'],
  [['build', 'hashes', 'index', '--leasttimes', '2'], "Unknown option '--leasttimes'."],
  [['look-up'], 'INDEX is missing.'],
  [['info'], 'INDEX is missing.'],
])('a command that is written wrong is told how it is written: %j', async (args, mistake) => {
  let stderr = '';
  const code = await breachedPasswords(args, {
    stdout: { write: () => expect.unreachable() },
    stderr: { write: (text) => void (stderr += text) },
  });
  expect(code).toBe(2);
  expect(stderr.startsWith(`${mistake}\n\nUsage:\n  stepgate breached-passwords build `)).toBe(true);
});
