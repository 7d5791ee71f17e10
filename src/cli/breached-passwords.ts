// `stepgate breached-passwords`: builds and describes the offline index of breached passwords, and looks up a password in
// it.
import { InvalidArgumentError } from 'commander';
import { buildIndex } from '../breached-index/build.ts';
import { IndexedPasswords } from '../breached-index/indexed-passwords.ts';
import type { IndexHeader } from '../breached-index/layout.ts';
import type { Breach } from '../factors/password/breached/breached.ts';
import { normalisePassword } from '../policy/password-policy.ts';
import { describeIndex } from './breached-passwords/describe.ts';
import { readPassword } from './breached-passwords/password-input.ts';
import { afterHelp } from './help.ts';
import { progressBar } from './progress-bar.ts';
import type { Define } from './run-command.ts';

const UNMET = 'look-up did not find the password';

export const breachedPasswords: Define = (command, cli) => {
  command.addHelpText(
    'after',
    afterHelp({
      examples: [
        'stepgate breached-passwords build pwnedpasswords.txt breached.index',
        'stepgate breached-passwords look-up breached.index',
      ],
      unmet: UNMET,
    }),
  );
  command
    .command('build')
    .description('build an index; to continue an interrupted build, run the same command again')
    .argument(
      '<SORTED_FILE>',
      'the output of the Pwned Passwords downloader: sorted SHA-1 hashes with counts',
    )
    .argument('<INDEX>', 'the file to build')
    .option('--least-times <N>', 'leave out passwords that were seen fewer than N times', wholeNumber, 1)
    .option('--restart', 'start over instead of continuing an interrupted build')
    .addHelpText(
      'after',
      afterHelp({
        examples: ['stepgate breached-passwords build pwnedpasswords.txt breached.index --least-times 10'],
      }),
    )
    .action(
      cli.action(async (source, index, { leastTimes, restart = false }) => {
        cli.stdout.write(describeIndex(await build(source, index, leastTimes, restart)));
        return 0;
      }),
    );
  command
    .command('look-up')
    .description('look up a password, which is read from the terminal or from standard input')
    .argument('<INDEX>', 'the index')
    .addHelpText(
      'after',
      afterHelp({ examples: ['stepgate breached-passwords look-up breached.index'], unmet: UNMET }),
    )
    .action(
      cli.action(async (index) => {
        const breach = await lookUp(index);
        const times = breach?.times === 1 ? 'once' : `${breach?.times} times`;
        cli.say(breach === null ? 'Not found.' : `Breached: seen at least ${times}.`);
        return breach === null ? 1 : 0;
      }),
    );
  command
    .command('info')
    .description('describe an index')
    .argument('<INDEX>', 'the index')
    .addHelpText('after', afterHelp({ examples: ['stepgate breached-passwords info breached.index'] }))
    .action(
      cli.action(async (path) => {
        const index = await IndexedPasswords.open(path, path);
        await index.close();
        cli.stdout.write(describeIndex(index.header));
        return 0;
      }),
    );
};

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
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 999999999.');
}
