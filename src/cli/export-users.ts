// `stepgate export-users FILE`: writes the users of a tenant in the format that `import-users` reads. The file can open
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
import { onDatabase } from './on-database.ts';
import { type ProgressBar, progressBar } from './progress-bar.ts';
import { CommandError, type Output } from './run-command.ts';
import { answeredOnUsers, readArguments, readFormat, requireTenant, TENANT_OPTION } from './users-command.ts';

const FORMATS = Object.keys(WRITERS) as (keyof typeof WRITERS)[];

const USAGE = `Usage:
  stepgate export-users FILE [--tenant NAME] [--format ${FORMATS.join('|')}]

The file contains password hashes, TOTP secrets and digests of backup codes. Keep it
encrypted, and delete it after the import.
`;

const OPTIONS = { tenant: TENANT_OPTION, format: { type: 'string' } } as const;

export async function exportUsers(args: string[], output: Output = process): Promise<number> {
  return answeredOnUsers(output, USAGE, () => perform(args, output));
}

async function perform(args: string[], { stdout, stderr }: Output): Promise<number> {
  const { file: path, values } = readArguments(args, OPTIONS);
  const format = readFormat<keyof typeof WRITERS>(path, values.format, FORMATS);
  const say = (line: string): void => void stdout.write(`${line}\n`);
  return onDatabase(say, async ({ config, orm }) => {
    const em = orm.em.fork();
    const tenantId = await requireTenant(em, values.tenant);
    const file = await newFile(path);
    try {
      await audit(em, tenantId);
      const target = { tenantId, format, file, bar: progressBar(stderr) };
      const users = await write(em, new KeyRing(config.secretKeys), target);
      say(`Exported ${users} ${users === 1 ? 'user' : 'users'} of tenant ${tenantId} to ${path}. ${KEEP}`);
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

const KEEP =
  'The file contains password hashes and TOTP secrets. Keep it encrypted, and delete it after the import.';

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
