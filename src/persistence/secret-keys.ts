// The keys that every node must have. A key is recorded before anything is stored with it, so a node that lacks a key
// detects this by reading a few rows, at startup and in each readiness check.

import type { KeyRing } from '../platform/key-ring.ts';
import { UnknownKeyError } from '../platform/key-ring.ts';
import { OperatorError } from '../platform/operator-error.ts';
import type { Sql } from './orm.ts';

/** A node that still seals with a retired key must be restarted. */
export class RetiredKeyError extends OperatorError {
  readonly code = 'KEY_RETIRED';
  constructor(keyId: string) {
    super(
      `Key ${keyId} is retired, but this server still seals with it. Restart the server with the new SECRET_KEYS.`,
    );
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

/** Called at startup. Records the key with which this node seals. @throws {UnknownKeyError} */
export async function useKeys(sql: Sql, ring: KeyRing): Promise<void> {
  requireKeys(await notedKeys(sql), ring);
  await noteKeys(sql, [ring.newest.id]);
}

/** For `/readyz`. @throws {UnknownKeyError} @throws {RetiredKeyError} */
export async function checkKeys(sql: Sql, ring: KeyRing): Promise<void> {
  const noted = await notedKeys(sql);
  requireKeys(noted, ring);
  if (!noted.includes(ring.newest.id)) throw new RetiredKeyError(ring.newest.id);
}

function requireKeys(noted: readonly string[], ring: KeyRing): void {
  const missing = noted.find((id) => !ring.ids.includes(id));
  if (missing !== undefined) throw new UnknownKeyError(missing);
}
