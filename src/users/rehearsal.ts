// A dry run: writes each batch and rolls it back, so that nothing changes and a concurrent sign-up never waits longer
// than one batch. The claims of the rolled-back users are kept in a temporary table until the end, to find users who
// appear in the file twice.
import { sql as raw } from 'kysely';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import type { Newcomer } from './newcomer.ts';
import type { Outcome, Settle } from './take-in.ts';
import { takeIn } from './take-in.ts';
import { keyOf, takenAmong } from './taken.ts';

/** Writes a batch, either permanently or as a rehearsal. */
export type Write = <Entry extends { readonly newcomer: Newcomer }>(
  tenantId: string,
  entries: readonly Entry[],
  settle: Settle<Entry>,
) => Promise<unknown>;

/** Rolls back a transaction that succeeded. */
class Undone extends Error {}

export async function rehearse(em: EntityManager, work: (write: Write) => Promise<void>): Promise<void> {
  await undone(
    em.transactional(async (whole) => {
      const sql = sqlOf(whole);
      await raw`create temporary table rehearsed_claim (key text primary key) on commit drop`.execute(sql);
      await work(async (tenantId, entries, settle) => {
        let imported: Outcome<(typeof entries)[number]>['imported'] = [];
        const batch = takeIn(
          whole,
          tenantId,
          entries,
          async (inBatch, outcome) => {
            await settle(inBatch, outcome);
            imported = outcome.imported;
            throw new Undone();
          },
          takenOrRehearsed,
        );
        await undone(batch);
        const keys = imported.flatMap(({ newcomer }) => newcomer.claims.map(keyOf));
        await raw`insert into rehearsed_claim select unnest(${keys}::text[])`.execute(sql);
      });
      throw new Undone();
    }),
  );
}

async function undone(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
}

async function takenOrRehearsed(
  sql: Sql,
  tenantId: string,
  newcomers: readonly Newcomer[],
): Promise<Set<string>> {
  const keys = newcomers.flatMap((one) => one.claims.map(keyOf));
  const { rows } = await raw<{
    key: string;
  }>`select key from rehearsed_claim where key = any(${keys}::text[])`.execute(sql);
  const taken = await takenAmong(sql, tenantId, newcomers);
  return new Set([...taken, ...rows.map((row) => row.key)]);
}
