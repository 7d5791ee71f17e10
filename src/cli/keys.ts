// `stepgate keys`: which keys of SECRET_KEYS are needed, and how one is replaced. See docs/keys.md. Exit code 2: nothing
// could be done.
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { readWords } from './arguments.ts';
import type { KeysAction } from './keys/action.ts';
import { list } from './keys/list.ts';
import { retire } from './keys/retire.ts';
import { rewrap } from './keys/rewrap.ts';
import { DATABASE_MISTAKES, onDatabase } from './on-database.ts';
import { answered, type Output, UsageError } from './run-command.ts';

const USAGE = `Usage:
  stepgate keys list                      what each key has made that is still needed
  stepgate keys rewrap                    seals anew, under the first key, what other keys have sealed
  stepgate keys retire KEY [--discard]    declares that nothing needs a key any more

KEY is the id that list shows. --discard: the passwords and backup codes that only this key can check are deleted.
`;

/** @returns the exit code. */
export async function keys(args: string[], output: Output = process): Promise<number> {
  const say = (line: string): void => void output.stdout.write(`${line}\n`);
  return answered(output, USAGE, DATABASE_MISTAKES, async () => {
    const action = readAction(args);
    return onDatabase(say, ({ config, orm }) =>
      action({ em: orm.em.fork(), ring: new KeyRing(config.secretKeys), now: systemClock.now(), say }),
    );
  });
}

/** @throws {UsageError} */
function readAction([name, ...args]: string[]): KeysAction {
  switch (name) {
    case 'list':
      readWords(args, [], {});
      return list;
    case 'rewrap':
      readWords(args, [], {});
      return rewrap;
    case 'retire': {
      const { words, values } = readWords(args, ['KEY'], { discard: { type: 'boolean', default: false } });
      if (!/^[0-9a-f]{8}$/.test(words[0])) throw new UsageError('KEY is eight hexadecimal digits.');
      return retire(words[0], values);
    }
    default:
      throw new UsageError('Say list, rewrap or retire.');
  }
}
