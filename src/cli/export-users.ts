// `stepgate users export FILE`: writes the users of a tenant in the format that `users import` reads. The file can open
// every account, so it is readable by its owner only. An existing file is never overwritten.
import { type FileHandle, open, rm } from 'node:fs/promises';
import { IsolationLevel } from '@mikro-orm/core';
import { countUsers, exportedUsers } from '../export/users.ts';
import { WRITERS } from '../export/writers.ts';
import { addAudit, byOperator } from '../persistence/audit.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { afterHelp } from './help.ts';
import { onDatabase } from './on-database.ts';
import { type ProgressBar, progressBar } from './progress-bar.ts';
import { type Cli, CommandError, type Define, type ExitCode } from './run-command.ts';
import { readFormat, requireTenant, TENANT_OPTION, withFileErrors } from './users-command.ts';

const KEEP =
  'The file contains password hashes and TOTP secrets. Keep it encrypted, and delete it after the import.';

const FORMATS = Object.keys(WRITERS) as (keyof typeof WRITERS)[];

export const exportUsers: Define = (command, cli) => {
  command
    .argument('<FILE>', 'the file to write; an existing file is never overwritten')
    .option(...TENANT_OPTION)
    .addOption(
      command
        .createOption('--format <FORMAT>', 'the format of FILE (default: by file extension)')
        .choices(FORMATS),
    )
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', `\n${KEEP}`)
    .addHelpText(
      'after',
      afterHelp({
        examples: [
          'stepgate users export users.ndjson',
          'stepgate users export acme.csv --tenant acme --json',
        ],
      }),
    )
    .action(cli.action((path, values) => withFileErrors(perform(path, values, cli))));
};

interface Values {
  readonly tenant: string;
  readonly format?: string | undefined;
  readonly json?: true | undefined;
}

async function perform(path: string, values: Values, cli: Cli): Promise<ExitCode> {
  const format = readFormat<keyof typeof WRITERS>(path, values.format, FORMATS);
  return await onDatabase(cli, async ({ config, orm }) => {
    const em = orm.em.fork();
    const tenantId = await requireTenant(em, values.tenant);
    const file = await newFile(path);
    try {
      await audit(em, tenantId);
      const target = { tenantId, format, file, bar: progressBar(cli.stderr) };
      const users = await write(em, new KeyRing(config.secretKeys), target);
      if (values.json) cli.print({ file: path, tenant: tenantId, users });
      else
        cli.say(
          `Exported ${users} ${users === 1 ? 'user' : 'users'} of tenant ${tenantId} to ${path}. ${KEEP}`,
        );
      return 0;
    } catch (error) {
      await rm(path);
      throw error;
    } finally {
      await file.close();
    }
  });
}

/** Runs first, so that every export leaves a trace, even one that fails. */
async function audit(em: EntityManager, tenantId: string): Promise<void> {
  const unitOfWork = new UnitOfWork();
  const entry = { type: 'users.exported', tenantId, userId: null, sessionId: null } as const;
  addAudit(unitOfWork, entry, byOperator('export-users'), systemClock.now());
  await unitOfWork.commit(em);
}

/** @throws {CommandError} when the file exists. */
async function newFile(path: string): Promise<FileHandle> {
  return await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new CommandError(`${path} already exists. Choose another file name.`);
  });
}

interface Target {
  readonly tenantId: string;
  readonly format: keyof typeof WRITERS;
  readonly file: FileHandle;
  readonly bar: ProgressBar;
}

/** Writes one consistent snapshot. @returns the number of users. */
function write(em: EntityManager, ring: KeyRing, { tenantId, format, file, bar }: Target): Promise<number> {
  const { heading, page } = WRITERS[format];
  return em.transactional(
    async (transaction) => {
      const sql = sqlOf(transaction);
      const total = await countUsers(sql, tenantId);
      let written = 0;
      try {
        await file.appendFile(heading);
        for await (const records of exportedUsers(sql, ring, tenantId)) {
          await file.appendFile(page(records));
          written += records.length;
          bar.update(total === 0 ? 1 : written / total, `${written} of ${total} users`);
        }
      } finally {
        bar.stop();
      }
      return written;
    },
    { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true },
  );
}
