// `stepgate signing-keys`: lists and rotates the keys that sign access tokens. See docs/sessions.md. Running servers
// pick up changes within a minute.
import { byOperator } from '../persistence/audit.ts';
import { sqlOf } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { listSigningKeys, rotateSigningKey, type SigningKeyTimes } from '../sessions/rotate-signing-key.ts';
import { afterHelp } from './help.ts';
import { onDatabase } from './on-database.ts';
import type { Define } from './run-command.ts';

const UNDER_WAY = 'a rotation is already in progress';

export const signingKeys: Define = (command, cli) => {
  const show = (keys: readonly SigningKeyTimes[], now: Date): void => {
    for (const key of keys) cli.say(`${key.kid}  ${stateOf(key, now)}`);
    if (keys.length === 0) cli.say('No signing keys yet. The server creates one when it starts.');
  };
  command.addHelpText(
    'after',
    afterHelp({ examples: ['stepgate signing-keys list', 'stepgate signing-keys rotate'], unmet: UNDER_WAY }),
  );
  command
    .command('list')
    .description('show which keys sign, and until when')
    .addHelpText('after', afterHelp({ examples: ['stepgate signing-keys list'] }))
    .action(
      cli.action(() =>
        onDatabase(cli, async ({ orm }) => {
          show(await listSigningKeys(sqlOf(orm.em.fork())), systemClock.now());
          return 0;
        }),
      ),
    );
  command
    .command('rotate')
    .description('replace the key that signs')
    .option(
      '--at-once',
      'for a key that may be compromised: refuse the access tokens that it signed; clients refresh them',
    )
    .addHelpText(
      'after',
      afterHelp({
        examples: ['stepgate signing-keys rotate', 'stepgate signing-keys rotate --at-once'],
        unmet: UNDER_WAY,
      }),
    )
    .action(
      cli.action(({ atOnce = false }) =>
        onDatabase(cli, async ({ config, orm }) => {
          const now = systemClock.now();
          const ring = new KeyRing(config.secretKeys);
          const actor = byOperator('signing-keys');
          show(await rotateSigningKey(orm.em.fork(), { ring, actor, atOnce, now }), now);
          return 0;
        }),
      ),
    );
};

function stateOf({ signsAt, retiredAt }: SigningKeyTimes, now: Date): string {
  if (signsAt > now) return `published, signs from ${signsAt.toISOString()}`;
  if (retiredAt === null) return 'signs';
  return `${retiredAt <= now ? 'retired' : 'retires'} at ${retiredAt.toISOString()}`;
}
