// A dry run: every batch is written as it would be and rolled back, so nothing stays and nobody who signs up meanwhile
// waits for longer than a batch takes. What the rolled-back ones claimed is kept until the end in a table that only this
// connection sees, so that users who are in the file twice are found.
import { sql as raw } from 'kysely';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import type { Newcomer } from './newcomer.ts';
import type { Outcome, Settle } from './take-in.ts';
import { takeIn } from './take-in.ts';
import { keyOf, takenAmong } from './taken.ts';

/** Writes a batch, for good or to see whether it could be. */
export type Write = <Entry extends { readonly newcomer: Newcomer }>(
  tenantId: string,
  entries: readonly Entry[],
  settle: Settle<Entry>,
) => Promise<unknown>;

/** Ends a transaction that did what it should. */
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
