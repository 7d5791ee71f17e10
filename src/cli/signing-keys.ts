// `stepgate signing-keys`: lists and rotates the keys that sign access tokens. See docs/sessions.md. Running servers
// pick up changes within a minute. Exit code 2: the command could not run.
import { byOperator } from '../persistence/audit.ts';
import { sqlOf } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { listSigningKeys, rotateSigningKey, type SigningKeyTimes } from '../sessions/rotate-signing-key.ts';
import { readWords } from './arguments.ts';
import { onDatabase } from './on-database.ts';
import { answered, type Output, UsageError } from './run-command.ts';

const USAGE = `Usage:
  stepgate signing-keys list                  show which keys sign, and until when
  stepgate signing-keys rotate [--at-once]    replace the key that signs

Use --at-once when a key may be compromised. Access tokens that it signed are refused,
and clients refresh them.
`;

/** @returns the exit code. */
export async function signingKeys(args: string[], output: Output = process): Promise<number> {
  const say = (line: string): void => void output.stdout.write(`${line}\n`);
  return answered(output, USAGE, async () => {
    const { what, atOnce } = readAction(args);
    return onDatabase(say, async ({ config, orm }) => {
      const em = orm.em.fork();
      const now = systemClock.now();
      const keys =
        what === 'list'
          ? await listSigningKeys(sqlOf(em))
          : await rotateSigningKey(em, {
              ring: new KeyRing(config.secretKeys),
              actor: byOperator('signing-keys'),
              atOnce,
              now,
            });
      for (const key of keys) say(`${key.kid}  ${stateOf(key, now)}`);
      if (keys.length === 0) say('No signing keys yet. The server creates one when it starts.');
      return 0;
    });
  });
}

/** @throws {UsageError} */
function readAction([what, ...args]: string[]): { what: 'list' | 'rotate'; atOnce: boolean } {
  switch (what) {
    case 'list':
      readWords(args, [], {});
      return { what, atOnce: false };
    case 'rotate':
      return {
        what,
        atOnce: readWords(args, [], { 'at-once': { type: 'boolean', default: false } }).values['at-once'],
      };
    default:
      throw new UsageError('Missing or unknown command. Expected one of: list, rotate.');
  }
}

function stateOf({ signsAt, retiredAt }: SigningKeyTimes, now: Date): string {
  if (signsAt > now) return `published, signs from ${signsAt.toISOString()}`;
  if (retiredAt === null) return 'signs';
  return `${retiredAt <= now ? 'retired' : 'retires'} at ${retiredAt.toISOString()}`;
}
