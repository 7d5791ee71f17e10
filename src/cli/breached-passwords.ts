// `stepgate breached-passwords`: builds and describes the offline index of breached passwords, and looks up a password in
// it. The exit codes are grep's: 0 when the password is found, 1 when it is not, 2 when the arguments, the hashes or the
// index are invalid.
import type { Breach } from '../factors/password/breached/breached.ts';
import { buildIndex } from '../factors/password/breached/index/build.ts';
import { IndexedPasswords } from '../factors/password/breached/index/indexed-passwords.ts';
import type { IndexHeader } from '../factors/password/breached/index/layout.ts';
import { normalisePassword } from '../policy/password-policy.ts';
import { readWords } from './arguments.ts';
import { describeIndex } from './breached-passwords/describe.ts';
import { readPassword } from './breached-passwords/password-input.ts';
import { progressBar } from './progress-bar.ts';
import { answered, type Output, UsageError } from './run-command.ts';

const USAGE = `Usage:
  stepgate breached-passwords build SORTED_FILE INDEX [--least-times N] [--restart]
  stepgate breached-passwords look-up INDEX
  stepgate breached-passwords info INDEX

SORTED_FILE is the output of the Pwned Passwords downloader: sorted SHA-1 hashes with
counts. INDEX is the file to build. To continue an interrupted build, run the same
command again. look-up reads the password from the terminal or from standard input.

Options:
  --least-times N    leave out passwords that were seen fewer than N times
  --restart          start over instead of continuing an interrupted build
`;

const BUILD_OPTIONS = {
  'least-times': { type: 'string', default: '1' },
  restart: { type: 'boolean', default: false },
} as const;

/** The message does not repeat the argument, which may be a password. */
const tooMany = (): string => 'Too many arguments.';

/** @returns the exit code. */
export async function breachedPasswords(args: string[], output: Output = process): Promise<number> {
  return answered(output, USAGE, () => perform(args, output));
}

async function perform([action, ...args]: string[], { stdout }: Output): Promise<number> {
  switch (action) {
    case 'build': {
      const { words, values } = readWords(args, ['SORTED_FILE', 'INDEX'], BUILD_OPTIONS, tooMany);
      const header = await build(...words, wholeNumber(values['least-times']), values.restart);
      stdout.write(describeIndex(header));
      return 0;
    }
    case 'look-up': {
      const breach = await lookUp(...readWords(args, ['INDEX'], {}, tooMany).words);
      const times = breach?.times === 1 ? 'once' : `${breach?.times} times`;
      stdout.write(breach === null ? 'Not found.\n' : `Breached: seen at least ${times}.\n`);
      return breach === null ? 1 : 0;
    }
    case 'info': {
      const [path] = readWords(args, ['INDEX'], {}, tooMany).words;
      const index = await IndexedPasswords.open(path, path);
      await index.close();
      stdout.write(describeIndex(index.header));
      return 0;
    }
    default:
      throw new UsageError(
        action === undefined
          ? 'Missing command. Expected one of: build, look-up, info.'
          : `Unknown command: breached-passwords ${action}`,
      );
  }
}

async function build(
  source: string,
  index: string,
  leastTimes: number,
  isRestart: boolean,
): Promise<IndexHeader> {
  const bar = progressBar(process.stderr);
  const megabytes = (bytes: number): number => Math.ceil(bytes / 1_000_000);
  const onProgress = (bytes: number, ofBytes: number): void =>
    bar.update(bytes / ofBytes, `${megabytes(bytes)} of ${megabytes(ofBytes)} MB`);
  return await buildIndex(source, index, { leastTimes, isRestart, onProgress }).finally(bar.stop);
}

async function lookUp(path: string): Promise<Breach | null> {
  const index = await IndexedPasswords.open(path, path);
  try {
    return await index.find(normalisePassword(await readPassword()));
  } finally {
    await index.close();
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError('--least-times must be a whole number from 1 to 999999999.');
  return Number(text);
}
