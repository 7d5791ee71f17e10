// Which keys every node must hold. A key is noted before it makes anything that is stored, so a node that lacks it finds
// out by a look at a few rows: at its start, and whenever it is asked whether it is ready.
import type { KeyRing } from '../platform/key-ring.ts';
import { UnknownKeyError } from '../platform/key-ring.ts';
import type { Sql } from './orm.ts';

/** A node that still seals with a key that has been retired has to be started anew. */
export class RetiredKeyError extends Error {
  override readonly name = 'RetiredKeyError';
  constructor(keyId: string) {
    super(`Key ${keyId} is retired, but this server seals with it. Restart it with the new SECRET_KEYS.`);
  }
}

export async function noteKeys(sql: Sql, keyIds: readonly string[]): Promise<void> {
  if (keyIds.length === 0) return;
  await sql
    .insertInto('secret_key')
    .values(keyIds.map((id) => ({ id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function notedKeys(sql: Sql): Promise<string[]> {
  const rows = await sql.selectFrom('secret_key').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

/** The start of a node: the key that it seals with is noted. @throws {UnknownKeyError} */
export async function useKeys(sql: Sql, ring: KeyRing): Promise<void> {
  requireKeys(await notedKeys(sql), ring);
  await noteKeys(sql, [ring.newest.id]);
}

/** What `/readyz` asks. @throws {UnknownKeyError} @throws {RetiredKeyError} */
export async function checkKeys(sql: Sql, ring: KeyRing): Promise<void> {
  const noted = await notedKeys(sql);
  requireKeys(noted, ring);
  if (!noted.includes(ring.newest.id)) throw new RetiredKeyError(ring.newest.id);
}

function requireKeys(noted: readonly string[], ring: KeyRing): void {
  const missing = noted.find((id) => !ring.ids.includes(id));
  if (missing !== undefined) throw new UnknownKeyError(missing);
}
