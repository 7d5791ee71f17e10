// `stepgate keys`: shows which keys in SECRET_KEYS are in use, and replaces them. See docs/keys.md.
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { afterHelp, JSON_OPTION } from './help.ts';
import type { KeysAction } from './keys/action.ts';
import { list } from './keys/list.ts';
import { retire } from './keys/retire.ts';
import { rewrap } from './keys/rewrap.ts';
import { onDatabase } from './on-database.ts';
import { type Define, type ExitCode, UsageError } from './run-command.ts';

export const keys: Define = (command, cli) => {
  const perform = (action: KeysAction): Promise<ExitCode> =>
    onDatabase(cli, ({ config, orm }) =>
      action({
        em: orm.em.fork(),
        ring: new KeyRing(config.secretKeys),
        now: systemClock.now(),
        say: cli.say,
        print: cli.print,
      }),
    );
  command.addHelpText(
    'after',
    afterHelp({
      examples: ['stepgate keys list', 'stepgate keys rewrap', 'stepgate keys retire 0a1b2c3d'],
      unmet: 'a key is missing, or still in use',
    }),
  );
  command
    .command('list')
    .description('show what each key has sealed or hashed that is still in use')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      afterHelp({
        examples: ['stepgate keys list', 'stepgate keys list --json'],
        unmet: 'a key that is still needed is not in SECRET_KEYS',
      }),
    )
    .action(cli.action(({ json = false }) => perform(list({ json }))));
  command
    .command('rewrap')
    .description('reseal with the first key what other keys have sealed')
    .addHelpText(
      'after',
      afterHelp({ examples: ['stepgate keys rewrap'], unmet: 'some values could not be resealed' }),
    )
    .action(cli.action(() => perform(rewrap)));
  command
    .command('retire')
    .description('confirm that a key is no longer in use')
    .argument('<KEY>', 'the id that `list` shows')
    .option('--discard', 'delete the passwords and backup codes that only this key can check')
    .addHelpText(
      'after',
      afterHelp({
        examples: ['stepgate keys retire 0a1b2c3d', 'stepgate keys retire 0a1b2c3d --discard'],
        unmet: 'the key is still in use',
      }),
    )
    .action(
      cli.action((key, { discard = false }) => {
        if (!/^[0-9a-f]{8}$/.test(key)) throw new UsageError('KEY must be eight hexadecimal digits.');
        return perform(retire(key, { discard }));
      }),
    );
};
