// `stepgate keys`: shows which keys in SECRET_KEYS are in use, and replaces them. See docs/keys.md. Exit code 2: the
// command could not run.
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { readWords } from './arguments.ts';
import type { KeysAction } from './keys/action.ts';
import { list } from './keys/list.ts';
import { retire } from './keys/retire.ts';
import { rewrap } from './keys/rewrap.ts';
import { onDatabase } from './on-database.ts';
import { answered, type Output, UsageError } from './run-command.ts';

const USAGE = `Usage:
  stepgate keys list                      show what each key has sealed or hashed that is still in use
  stepgate keys rewrap                    reseal with the first key what other keys have sealed
  stepgate keys retire KEY [--discard]    confirm that a key is no longer in use

KEY is an id that list shows. --discard deletes the passwords and backup codes that
only this key can check.
`;

/** @returns the exit code. */
export async function keys(args: string[], output: Output = process): Promise<number> {
  const say = (line: string): void => void output.stdout.write(`${line}\n`);
  return answered(output, USAGE, async () => {
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
      if (!/^[0-9a-f]{8}$/.test(words[0])) throw new UsageError('KEY must be eight hexadecimal digits.');
      return retire(words[0], values);
    }
    default:
      throw new UsageError('Missing or unknown command. Expected one of: list, rewrap, retire.');
  }
}
