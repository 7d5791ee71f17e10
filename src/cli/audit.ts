// `stepgate audit`: what can be shown from the audit log.
import { sqlOf } from '../persistence/orm.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { linesOf, readApproval, readExported, verify } from './audit/prove.ts';
import { afterHelp, JSON_OPTION } from './help.ts';
import { onDatabase } from './on-database.ts';
import { type Define, UsageError } from './run-command.ts';

const UNMET = 'the event approves no operation, or its signature does not hold';

export const audit: Define = (command, cli) => {
  command.addHelpText(
    'after',
    afterHelp({ examples: ['stepgate audit prove 5a1c6f3e-0000-4000-8000-000000000001'], unmet: UNMET }),
  );
  command
    .command('prove')
    .description('show which key approved which operation with which arguments, and verify it')
    .argument('[EVENT]', 'the id of an audit event, as in `viewer { auditEvents { id } }`')
    .option('--file <FILE>', 'verify what `--json` printed, without a database or a key')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      afterHelp({
        examples: [
          'stepgate audit prove 5a1c6f3e-0000-4000-8000-000000000001',
          'stepgate audit prove 5a1c6f3e-0000-4000-8000-000000000001 --json > approval.json',
          'stepgate audit prove --file approval.json',
        ],
        unmet: UNMET,
      }),
    )
    .action(
      cli.action(async (eventId, { file, json = false }) => {
        if ((eventId === undefined) === (file === undefined))
          throw new UsageError('Pass either the id of an EVENT or --file.');
        const approval =
          file !== undefined
            ? await readExported(file)
            : await onDatabase(cli, ({ config, orm }) =>
                readApproval(sqlOf(orm.em.fork()), new KeyRing(config.secretKeys), eventId ?? ''),
              );
        const findings = await verify(approval);
        if (json) cli.print({ ...approval, ...findings });
        else for (const line of linesOf(approval, findings)) cli.say(line);
        return findings.problems.length === 0 ? 0 : 1;
      }),
    );
};
