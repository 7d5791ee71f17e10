// A dry run: writes each batch and rolls it back, so that nothing changes and a concurrent sign-up never waits longer
// than one batch. The claims of the rolled-back users are kept in a temporary table until the end, to find users who
// appear in the file twice.
import { sql as raw } from 'kysely';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { conflictsAmong, keyOf } from './conflicts.ts';
import type { NewUser } from './new-user.ts';
import { type BeforeCommit, type Outcome, writeBatch } from './write-batch.ts';

/** Writes a batch, either permanently or as a dry run. */
export type Write = <Entry extends { readonly user: NewUser }>(
  tenantId: string,
  entries: readonly Entry[],
  beforeCommit: BeforeCommit<Entry>,
) => Promise<unknown>;

/** Rolls back a transaction that succeeded. */
class RollbackError extends Error {}

export async function dryRun(em: EntityManager, work: (write: Write) => Promise<void>): Promise<void> {
  await undone(
    em.transactional(async (whole) => {
      const sql = sqlOf(whole);
      await raw`create temporary table dry_run_claim (key text primary key) on commit drop`.execute(sql);
      await work(async (tenantId, entries, beforeCommit) => {
        let imported: Outcome<(typeof entries)[number]>['imported'] = [];
        const batch = writeBatch(
          whole,
          tenantId,
          entries,
          async (inBatch, outcome) => {
            await beforeCommit(inBatch, outcome);
            imported = outcome.imported;
            throw new RollbackError();
          },
          conflictsInDryRun,
        );
        await undone(batch);
        const keys = imported.flatMap(({ user }) => user.claims.map(keyOf));
        await raw`insert into dry_run_claim select unnest(${keys}::text[])`.execute(sql);
      });
      throw new RollbackError();
    }),
  );
}

async function undone(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof RollbackError)) throw error;
  });
}

async function conflictsInDryRun(
  sql: Sql,
  tenantId: string,
  users: readonly NewUser[],
): Promise<Set<string>> {
  const keys = users.flatMap((one) => one.claims.map(keyOf));
  const { rows } = await raw<{
    key: string;
  }>`select key from dry_run_claim where key = any(${keys}::text[])`.execute(sql);
  const taken = await conflictsAmong(sql, tenantId, users);
  return new Set([...taken, ...rows.map((row) => row.key)]);
}
