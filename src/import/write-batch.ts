// Writes a batch of imported users in one transaction. Users whose id, address or number is taken are refused.

import type { Refusal } from '../factors/record-error.ts';
import { isContention, isUniqueViolation } from '../persistence/failure.ts';
import { insertMany } from '../persistence/insert-many.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { noteKeys } from '../persistence/secret-keys.ts';
import { Conflict, type Row, type Table } from '../persistence/unit-of-work.ts';
import { keyIdOf } from '../platform/key-id.ts';
import { claim, conflictsAmong } from './conflicts.ts';
import type { NewUser } from './new-user.ts';

/** Someone may sign up with an address between the check and the write. Then the batch is tried again. */
const TRIES = 3;

/** Users first, because the other rows refer to them. */
const TABLES = [
  'user_account',
  'email_address',
  'phone_number',
  'authenticator',
  'backup_code',
  'identity',
  'audit_event',
] as const;

export interface Outcome<Entry> {
  readonly imported: readonly Entry[];
  readonly refused: readonly { readonly entry: Entry; readonly refusal: Refusal }[];
}

/** Runs in the batch's transaction, just before it commits. */
export type BeforeCommit<Entry> = (sql: Sql, outcome: Outcome<Entry>) => Promise<void>;

/** @param findTaken finds the claims that are already taken. @throws {Conflict} when every try ran into a conflict. */
export async function writeBatch<Entry extends { readonly user: NewUser }>(
  em: EntityManager,
  tenantId: string,
  entries: readonly Entry[],
  beforeCommit: BeforeCommit<Entry> = async () => {},
  findTaken: typeof conflictsAmong = conflictsAmong,
): Promise<Outcome<Entry>> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    try {
      return await em.transactional(async (transaction) => {
        const sql = sqlOf(transaction);
        const users = entries.map((entry) => entry.user);
        const outcome = sorted(entries, await findTaken(sql, tenantId, users));
        for (const table of TABLES) await insertMany(sql, table, rowsOf(table, outcome.imported));
        await noteKeys(sql, keysOf(outcome.imported));
        await beforeCommit(sql, outcome);
        return outcome;
      });
    } catch (error) {
      if (!isUniqueViolation(error) && !isContention(error)) throw error;
    }
  }
  throw new Conflict();
}

function sorted<Entry extends { readonly user: NewUser }>(
  entries: readonly Entry[],
  taken: Set<string>,
): Outcome<Entry> {
  const imported: Entry[] = [];
  const refused: { entry: Entry; refusal: Refusal }[] = [];
  for (const entry of entries) {
    const refusal = claim(taken, entry.user);
    if (refusal === null) imported.push(entry);
    else refused.push({ entry, refusal });
  }
  return { imported, refused };
}

/** A hash exported by another instance may use a key that is new to this database. */
function keysOf(entries: readonly { readonly user: NewUser }[]): string[] {
  const stored = entries.flatMap(({ user: { rows } }) => [
    ...rows.authenticator.map((row) => row.secret as string),
    ...rows.backup_code.map((row) => row.digest as string),
  ]);
  return [...new Set(stored.map(keyIdOf))].filter((id) => id !== null);
}

function rowsOf(
  table: (typeof TABLES)[number],
  entries: readonly { readonly user: NewUser }[],
): readonly Row<Table>[] {
  return entries.flatMap<Row<Table>>(({ user }) => user.rows[table]);
}
