// The offline index finds exactly the passwords in it, survives interruptions of its build, and no other file is
// accepted as an index.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildIndex } from '../../src/breached-index/build.ts';
import { BreachedIndexError } from '../../src/breached-index/index-error.ts';
import { IndexedPasswords } from '../../src/breached-index/indexed-passwords.ts';
import {
  entryOf,
  fingerprintIn,
  fingerprintOf,
  prefixOf,
  readHeader,
  timesIn,
} from '../../src/breached-index/layout.ts';
import {
  type BreachedPasswords,
  BreachedUnavailableError,
} from '../../src/factors/password/breached/breached.ts';
import { openBreachedPasswords } from '../../src/factors/password/breached/open.ts';
import { createLog } from '../../src/platform/log.ts';
import { sha1 } from '../factors/password/breached/range-server.ts';
import { type Outcome, runCommand } from '../harness/command.ts';
import { writeSortedFile } from './sorted-file.ts';

const OTHERS = 1_000_000;
const MEMBERS = 10_000;

/** Each password has a different count. */
const members = new Map(Array.from({ length: MEMBERS }, (_, at) => [`member-${at}`, timesOf(at)]));

let folder = '';
/** A million hashes, and the index that one run of the command built from them. */
let hashes = '';
let index = '';
let built: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-breached-'));
  hashes = join(folder, 'pwnedpasswords.txt');
  index = join(folder, 'breached.index');
  await writeSortedFile(hashes, { others: OTHERS, passwords: members });
  built = await build(hashes, index);
});

afterAll(() => rm(folder, { recursive: true }));

function build(...args: string[]): Promise<Outcome> {
  return runCommand('src/cli/stepgate.ts', ['breached-passwords', 'build', ...args]);
}

function timesOf(at: number): number {
  return at < 40 ? 2 ** at : 1 + at * at;
}

function openIndex(
  path: string,
  whenUnreachable: 'accept' | 'refuse' = 'refuse',
  log: string[] = [],
): Promise<BreachedPasswords> {
  return openBreachedPasswords(
    { source: { name: 'index', path }, whenUnreachable },
    createLog('trace', { write: (line) => log.push(line) }),
  );
}

/** Makes a new, empty folder for the index. */
async function emptyFolder(): Promise<string> {
  return await mkdtemp(join(folder, 'test-'));
}

/** Builds an index from the given text. @returns its path. */
async function indexOf(content: string | Buffer, leastTimes = 1): Promise<string> {
  const place = await emptyFolder();
  await writeFile(join(place, 'hashes'), content);
  const path = join(place, 'index');
  await buildIndex(join(place, 'hashes'), path, { leastTimes, isRestart: false, onProgress: () => {} });
  return path;
}

function linesOf(passwords: Iterable<string>, times = 1): string[] {
  return [...passwords].map((password) => `${sha1(password)}:${times}`).toSorted();
}

describe('an index of a million passwords', () => {
  test('is reported with its size and its rate of false positives', async () => {
    const { size } = await stat(index);
    expect(built.code).toBe(0);
    expect(built.stdout).toMatch(
      /^Passwords: +1010000, each seen at least once\nBytes: +(\d+) \(4\.\d\d per password\)\nFalse positives: +1 in (\d+)\n/,
    );
    expect(built.stdout).toContain(` ${size} (`);
    expect(Number(/1 in (\d+)/.exec(built.stdout)?.[1])).toBeGreaterThan(500_000);
  });

  test('finds every password in it, with its count rounded down to a power of two', async () => {
    const passwords = await openIndex(index);
    const wrong: unknown[] = [];
    for (const [password, times] of members) {
      const found = (await passwords.find(password))?.times ?? 0;
      const capped = Math.min(times, 2 ** 31 - 1);
      if (found > times || found * 2 <= capped) wrong.push([password, times, found]);
    }
    await passwords.close();
    expect(wrong).toEqual([]);
  });

  test('finds no password that is not in it', async () => {
    const passwords = await openIndex(index);
    const wrong: string[] = [];
    for (let at = 0; at < 10_000; at += 1) {
      if ((await passwords.find(`stranger-${at}`)) !== null) wrong.push(`stranger-${at}`);
    }
    await passwords.close();
    expect(wrong).toEqual([]);
  });

  test('is searched after the common passwords, which it does not contain', async () => {
    const passwords = await openIndex(index);
    expect(await passwords.find('iloveyou')).toEqual({ times: null });
    await passwords.close();
  });
});

test('an index whose build was killed is not accepted, and the same command then builds the identical index', async () => {
  const place = await emptyFolder();
  const path = join(place, 'index');
  for (let isKilled = false; !isKilled; ) {
    await rm(`${path}.part`, { force: true });
    await rm(path, { force: true });
    isKilled = await killedAfterCheckpoint(path);
  }
  expect(await readdir(place)).toEqual(['index.part']);
  await expect(openIndex(path)).rejects.toThrow('the file does not exist');
  await expect(openIndex(`${path}.part`)).rejects.toThrow('it is incomplete');

  const resumed = await build(hashes, path);
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).toBe(built.stdout);
  const [, first] = /\| (\d+) of \d+ MB/.exec(resumed.stderr) ?? [];
  expect(Number(first)).toBeGreaterThan(16); // it does not start again from the beginning
  expect(await readdir(place)).toEqual(['index']);
  expect((await readFile(path)).equals(await readFile(index))).toBe(true);
});

/** Whether the build was still running when it was killed. */
async function killedAfterCheckpoint(path: string): Promise<boolean> {
  const command = spawn(
    process.execPath,
    ['src/cli/stepgate.ts', 'breached-passwords', 'build', hashes, path],
    { stdio: 'ignore' },
  );
  const ended = once(command, 'exit');
  while (command.exitCode === null && !(await hasCheckpoint(`${path}.part`))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  command.kill('SIGKILL');
  const [code, signal] = (await ended) as [number | null, string | null];
  if (signal === null) expect(code).toBe(0);
  return signal === 'SIGKILL' && (await hasCheckpoint(`${path}.part`));
}

async function hasCheckpoint(part: string): Promise<boolean> {
  try {
    await using file = await open(part);
    return ((await readHeader(file, part)).progress?.bytes ?? 0) > 0;
  } catch {
    return false; // it does not exist yet
  }
}

describe('an incomplete index', () => {
  /** Interrupts a build after this many bytes. */
  async function halfBuilt(bytes = 20_000_000): Promise<string> {
    const path = join(await emptyFolder(), 'index');
    const brokenOff = new Error('broken off');
    const onProgress = (read: number): void => {
      if (read > bytes) throw brokenOff;
    };
    const build = buildIndex(hashes, path, { leastTimes: 1, isRestart: false, onProgress });
    await expect(build).rejects.toBe(brokenOff);
    return path;
  }

  test.each([
    ['before its first checkpoint', 0],
    ['between two checkpoints', 20_000_000],
    ['after its last checkpoint', 44_000_000],
  ])('is completed, wherever it was interrupted (%s)', async (_name, bytes) => {
    const path = await halfBuilt(bytes);
    await buildIndex(hashes, path, { leastTimes: 1, isRestart: false, onProgress: () => {} });
    expect((await readFile(path)).equals(await readFile(index))).toBe(true);
  });

  test('that is only missing its final name is renamed', async () => {
    const path = join(await emptyFolder(), 'index');
    await copyFile(index, `${path}.part`);
    const onProgress = (): void => expect.unreachable();
    await buildIndex(hashes, path, { leastTimes: 1, isRestart: false, onProgress });
    expect((await readFile(path)).equals(await readFile(index))).toBe(true);
  });

  test('is completed only from the same file, or discarded with --restart', async () => {
    const path = await halfBuilt();
    const other = join(await emptyFolder(), 'other');
    await writeSortedFile(other, { others: 5000, passwords: new Map([['only here', 3]]) });
    const options = { leastTimes: 1, isRestart: false, onProgress: () => {} };
    await expect(buildIndex(other, path, options)).rejects.toThrow(
      /started from another file or with another --least-times; use --restart to discard it/,
    );
    await buildIndex(other, path, { ...options, isRestart: true });
    const passwords = await openIndex(path);
    expect(await passwords.find('only here')).toEqual({ times: 2 });
    expect(await passwords.find('member-1')).toBeNull();
    await passwords.close();
  });

  test('is not completed with another --least-times', async () => {
    const options = { leastTimes: 2, isRestart: false, onProgress: () => {} };
    await expect(buildIndex(hashes, await halfBuilt(), options)).rejects.toThrow('another --least-times');
  });

  test('does not affect the index that it will replace', async () => {
    const path = await halfBuilt();
    await copyFile(
      await indexOf(
        linesOf(['the old one'])
          .map((line) => `${line}\n`)
          .join(''),
      ),
      path,
    );
    const old = await openIndex(path);
    expect(await old.find('the old one')).toEqual({ times: 1 });
    await buildIndex(hashes, path, { leastTimes: 1, isRestart: false, onProgress: () => {} });
    expect(await old.find('the old one')).toEqual({ times: 1 });
    await old.close();
    const renewed = await openIndex(path);
    expect(await renewed.find('the old one')).toBeNull();
    expect(await renewed.find('member-5')).toEqual({ times: 32 });
    await renewed.close();
  });
});

describe('an index can be built from', () => {
  test.each<[string, string, boolean]>([
    ['CRLF and upper case', '\r\n', false],
    ['LF and lower case', '\n', true],
  ])('%s', async (_name, lineEnd, isLowerCase) => {
    const path = join(await emptyFolder(), 'hashes');
    const passwords = new Map([['a password', 5]]);
    await writeSortedFile(path, { others: 300, passwords, lineEnd: lineEnd as '\n', isLowerCase });
    const opened = await openIndex(await indexOf(await readFile(path)));
    expect(await opened.find('a password')).toEqual({ times: 4 });
    await opened.close();
  });

  test('any number of passwords, and each is found', async () => {
    const sizes = fc.constantFrom(1, 2, 3, 10, 100, 1000, 5000);
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 0, max: 1_000_000 }), async (size, seed) => {
        const known = Array.from({ length: size }, (_, at) => `known-${seed}-${at}`);
        const path = await indexOf(
          linesOf(known)
            .map((line) => `${line}\r\n`)
            .join(''),
        );
        const opened = await IndexedPasswords.open(path, path);
        const found = await Promise.all(known.map((password) => opened.find(password)));
        const stranger = await opened.find(`stranger-${seed}`);
        await opened.close();
        expect(opened.header.passwords).toBe(size);
        expect(found.filter((one) => one?.times !== 1)).toEqual([]);
        expect(stranger).toBeNull();
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  test('only the passwords seen often enough, with --least-times', async () => {
    const content = ['seldom', 'often']
      .map((password) => `${sha1(password)}:${password === 'often' ? 10 : 9}\n`)
      .toSorted()
      .join('');
    const opened = await openIndex(await indexOf(content, 10));
    expect(await opened.find('often')).toEqual({ times: 8 });
    expect(await opened.find('seldom')).toBeNull();
    await opened.close();
    const none = await openIndex(await indexOf(content, 11));
    expect(await none.find('often')).toBeNull();
    await none.close();
  });

  test('two hashes that differ only in their last digits', async () => {
    const start = sha1('x').slice(0, 39);
    expect((await stat(await indexOf(`${start}4:1\n${start}5:1\n`))).size).toBeGreaterThan(0);
    await expect(indexOf(`${start}5:1\n${start}4:1\n`)).rejects.toThrow('Line 2 is invalid');
  });

  test('hashes with any length of prefix, without losing bits', () => {
    const bits = fc.integer({ min: 0, max: 24 });
    const [head, next] = [fc.integer({ min: 0, max: 2 ** 24 - 1 }), fc.integer({ min: 0, max: 2 ** 28 - 1 })];
    fc.assert(
      fc.property(bits, head, next, fc.integer({ min: 1, max: 2 ** 40 }), (bits, head, next, times) => {
        const fingerprint = fingerprintOf(head, next, bits);
        const place = (BigInt(head) << 28n) | BigInt(next);
        const kept = (BigInt(prefixOf(head, bits)) << 27n) | BigInt(fingerprint);
        expect(kept).toBe(place >> BigInt(52 - bits - 27));
        const entry = entryOf(fingerprint, times);
        expect(fingerprintIn(entry)).toBe(fingerprint);
        expect(timesIn(entry)).toBeLessThanOrEqual(times);
        expect(timesIn(entry) * 2).toBeGreaterThan(Math.min(times, 2 ** 31 - 1));
      }),
    );
  });
});

describe('a build is rejected, leaving no file, when the hashes are', () => {
  const good = linesOf(Array.from({ length: 2000 }, (_, at) => `password ${at}`));
  const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');
  const [one = '', two = '', three = ''] = good;
  const hash = one.slice(0, 40);
  const at = (line: number, bad: string): string =>
    lines(...good.slice(0, line - 1), bad, ...good.slice(line));

  test.each<[string, string | Buffer, string]>([
    ['unsorted', lines(one, three, two), 'Line 3 is invalid: its hash is not greater than the previous one'],
    [
      'repeated',
      lines(one, two, two, three),
      'Line 3 is invalid: its hash is not greater than the previous one',
    ],
    ['sorted by count', lines(two.replace(':1', ':9'), one), 'Line 2 is invalid'],
    ['NTLM hashes', lines(`${hash.slice(0, 32)}:4`), 'Line 1 is invalid: it is an NTLM hash of 32 digits'],
    [
      'NTLM hashes in a later line',
      at(150, `${good[149]?.slice(0, 32)}:4`),
      'Line 150 is invalid: it is an NTLM hash of 32 digits',
    ],
    ['SHA-256', lines(`${hash}${hash.slice(0, 24)}:4`), 'Line 1 is invalid: it must be a SHA-1 hash of 40'],
    ['without a count', at(100, hash), 'Line 100 is invalid: it must be a SHA-1 hash'],
    ['with an empty count', at(100, `${hash}:`), 'Line 100 is invalid'],
    ['with a count of 0, like padding', at(100, `${good[99]?.slice(0, 40)}:0`), 'Line 100 is invalid'],
    ['with a count in words', at(100, `${hash}:many`), 'Line 100 is invalid'],
    ['with a very long count', at(100, `${hash}:${'9'.repeat(500)}`), 'Line 100 is invalid'],
    ['with a negative count', at(100, `${hash}:-1`), 'Line 100 is invalid'],
    [
      'with a letter that is not a hexadecimal digit',
      at(7, `${good[6]?.slice(0, 39)}G:1`),
      'Line 7 is invalid',
    ],
    ['with such a letter at the start', at(7, `G${good[6]?.slice(1)}`), 'Line 7 is invalid'],
    ['with a space after the count', at(7, `${good[6]} `), 'Line 7 is invalid'],
    ['with an empty line', at(7, ''), 'Line 7 is invalid'],
    ['passwords in plain text', lines('password:1', 'hunter22:1'), 'Line 1 is invalid'],
    ['UTF-16', Buffer.from(lines(...good), 'utf16le'), 'Line 1 is invalid'],
    ['one endless line', Buffer.alloc(3_000_000, 'A'), 'Line 1 is invalid'],
    ['NUL bytes', Buffer.alloc(3_000_000), 'Line 1 is invalid'],
    ['nothing', '', 'The file contains no hashes.'],
    [
      'truncated in the hash of the last line',
      lines(...good).slice(0, -20),
      'Line 2000 is invalid: it is incomplete',
    ],
    [
      'truncated before the end of the last line',
      lines(...good).slice(0, -2),
      'Line 2000 is invalid: it is incomplete',
    ],
    ['missing the last third', lines(...good.slice(0, 1300)), 'hashes are missing at the end'],
    ['missing the first half', lines(...good.slice(1000)), 'hashes are missing before'],
    [
      'missing a part in the middle',
      lines(...good.slice(0, 500), ...good.slice(600)),
      'hashes are missing before',
    ],
  ])('%s', async (_name, content, reason) => {
    const place = await emptyFolder();
    await writeFile(join(place, 'hashes'), content);
    const path = join(place, 'index');
    const built = buildIndex(join(place, 'hashes'), path, {
      leastTimes: 1,
      isRestart: false,
      onProgress: () => {},
    });
    await expect(built).rejects.toThrow(reason);
    await expect(built).rejects.toMatchObject({ name: 'SortedHashesError' });
    expect(await readdir(place)).toEqual(['hashes']);
  });

  test('invalid in a late line, whose number is counted across chunks', async () => {
    const place = await emptyFolder();
    const many = join(place, 'many');
    await writeSortedFile(many, { others: 100_000 });
    const content = (await readFile(many, 'latin1')).split('\r\n');
    content[77_776] = content[77_775] ?? '';
    await writeFile(many, content.join('\r\n'));
    const options = { leastTimes: 1, isRestart: false, onProgress: () => {} };
    await expect(buildIndex(many, join(place, 'index'), options)).rejects.toThrow('Line 77777 is invalid');
  });

  test('in a file that does not exist or is a folder', async () => {
    const options = { leastTimes: 1, isRestart: false, onProgress: () => {} };
    const path = join(await emptyFolder(), 'index');
    await expect(buildIndex(join(folder, 'nowhere'), path, options)).rejects.toThrow(
      /Cannot read .*nowhere \(ENOENT\)/,
    );
    await expect(buildIndex(folder, path, options)).rejects.toThrow('is not a file');
  });

  test('in a file that changes while it is being read', async () => {
    const place = await emptyFolder();
    const growing = join(place, 'growing');
    await writeSortedFile(growing, { others: 100_000 });
    let isGrown = false;
    const onProgress = (): void => {
      if (!isGrown) appendFileSync(growing, `${'F'.repeat(40)}:1\r\n`);
      isGrown = true;
    };
    const options = { leastTimes: 1, isRestart: false, onProgress };
    await expect(buildIndex(growing, join(place, 'index'), options)).rejects.toThrow(
      'changed while it was being read',
    );
  });
});

describe('when the path of an index is already in use, the file', () => {
  test.each(['index', 'index.part'])('is left unchanged if it is not an index (%s)', async (name) => {
    const place = await emptyFolder();
    await writeFile(join(place, name), 'the only copy of a novel');
    for (const isRestart of [false, true]) {
      const options = { leastTimes: 1, isRestart, onProgress: () => {} };
      await expect(buildIndex(hashes, join(place, 'index'), options)).rejects.toThrow(
        'it is not an index of breached passwords, so it was left unchanged',
      );
    }
    expect(await readdir(place)).toEqual([name]);
    expect(await readFile(join(place, name), 'utf8')).toBe('the only copy of a novel');
  });

  test.each([
    ['of another version', 'stepgate breached passwords, version 0\n'],
    ['that is damaged', 'stepgate breached passwords, version 1\n{'],
    ['that is empty', ''],
  ])('is replaced if it is an index %s', async (_name, content) => {
    const path = join(await emptyFolder(), 'index');
    await writeFile(path, content);
    await writeFile(`${path}.part`, content);
    await buildIndex(hashes, path, { leastTimes: 1, isRestart: true, onProgress: () => {} });
    await (await openIndex(path)).close();
  });

  test('is rejected if it is a folder or its folder does not exist', async () => {
    const place = await emptyFolder();
    await mkdir(join(place, 'index'));
    const options = { leastTimes: 1, isRestart: true, onProgress: () => {} };
    await expect(buildIndex(hashes, join(place, 'index'), options)).rejects.toThrow('it is not a file');
    await expect(buildIndex(hashes, join(place, 'nowhere', 'index'), options)).rejects.toThrow(
      'it cannot be opened (ENOENT)',
    );
  });
});

describe('the server does not start', () => {
  /** Files that are not a valid index. */
  const FOREIGN: readonly [string, (whole: Buffer) => Buffer | string, string][] = [
    ['an empty file', () => '', 'it is not an index of breached passwords'],
    ['a text file', () => 'password\nhunter22\n', 'it is not an index of breached passwords'],
    ['the hashes themselves', () => `${sha1('x')}:1\r\n`, 'it is not an index of breached passwords'],
    ['NUL bytes', (whole) => Buffer.alloc(whole.length), 'it is not an index of breached passwords'],
    ['the start of an index', (whole) => whole.subarray(0, 20), 'it is not an index of breached passwords'],
    ['half a header', (whole) => whole.subarray(0, 100), 'its header is damaged'],
    ['the first half of an index', (whole) => whole.subarray(0, whole.length / 2), 'it is truncated'],
    ['an index without its last byte', (whole) => whole.subarray(0, -1), 'it is truncated'],
    ['an index with extra bytes', (whole) => Buffer.concat([whole, Buffer.from('more')]), 'it is truncated'],
    [
      'an index of another version',
      (whole) => whole.toString('latin1').replace('version 1', 'version 2'),
      'it was built by another version',
    ],
    [
      'a header with invalid values',
      (whole) => whole.toString('latin1').replace('"prefixBits":', '"prefixBits":9'),
      'its header is damaged',
    ],
  ];

  test.each(FOREIGN)('if BREACHED_PASSWORDS is %s', async (_name, content, reason) => {
    const path = join(await emptyFolder(), 'index');
    const whole = content(await readFile(index));
    await writeFile(path, typeof whole === 'string' ? Buffer.from(whole, 'latin1') : whole);
    const failure: unknown = await openIndex(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BreachedIndexError);
    expect((failure as Error).message).toMatch(/^The index of BREACHED_PASSWORDS cannot be used: [^\n]*\.$/);
    expect((failure as Error).message).toContain(reason);
  });

  test('if BREACHED_PASSWORDS is a folder or does not exist', async () => {
    await expect(openIndex(folder)).rejects.toThrow('BREACHED_PASSWORDS cannot be used: it is not a file.');
    await expect(openIndex(join(folder, 'nowhere'))).rejects.toThrow(
      'BREACHED_PASSWORDS cannot be used: the file does not exist.',
    );
  });
});

describe('an index that is damaged while it is in use', () => {
  const CANARY = 'canary-7f3a-correct-horse';

  async function cutOff(whenUnreachable: 'accept' | 'refuse', log: string[]): Promise<BreachedPasswords> {
    const path = join(await emptyFolder(), 'index');
    await copyFile(index, path);
    const passwords = await openIndex(path, whenUnreachable, log);
    await truncate(path, 5000);
    return passwords;
  }

  test('does not let a password be accepted, unless that is configured', async () => {
    const log: string[] = [];
    const refusing = await cutOff('refuse', log);
    const failure: unknown = await refusing.find(CANARY).catch((error: unknown) => error);
    await refusing.close();
    expect(failure).toBeInstanceOf(BreachedUnavailableError);
    const accepting = await cutOff('accept', log);
    expect(await accepting.find(CANARY)).toBeNull();
    expect(await accepting.find('iloveyou')).toEqual({ times: null });
    await accepting.close();
    expect(log).toHaveLength(2);
    for (const text of [(failure as Error).stack, log.join()]) {
      expect(text).toContain('The index of BREACHED_PASSWORDS cannot be used: it is damaged.');
      expect(text).not.toContain(CANARY);
      expect(text?.toUpperCase()).not.toContain(sha1(CANARY).slice(0, 6));
    }
  });

  test('does not make the server read more than the file contains', async () => {
    const path = join(await emptyFolder(), 'index');
    const whole = await readFile(index);
    whole.fill(0xff, 4096, 8192);
    await writeFile(path, whole);
    const passwords = await IndexedPasswords.open(path, path);
    const outcomes = await Promise.allSettled(
      [...members.keys()].slice(0, 2000).map((password) => passwords.find(password)),
    );
    await passwords.close();
    const failures = outcomes.filter((one) => one.status === 'rejected');
    expect(failures.length).toBeGreaterThan(100);
    const message = `${path} cannot be used: it is damaged.`;
    for (const { reason } of failures) expect(reason).toMatchObject({ message });
  });
});
