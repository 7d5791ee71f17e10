// The key pair by which push services recognize this instance (VAPID, RFC 8292). It is made at the first start and kept
// in the database, so that operators have nothing to configure and every node has the same.
import type { Sql } from '../persistence/orm.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { isSealedWithOlderKey, open, seal } from '../platform/seal.ts';

export interface PushKeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

const ID = 'vapid';

export async function readPushKey(sql: Sql, ring: KeyRing, now: Date): Promise<PushKeyPair> {
  const stored = await findPushKey(sql);
  if (stored !== undefined) {
    if (isSealedWithOlderKey(ring, stored.sealed_private_key)) await reseal(sql, ring, stored);
    return opened(ring, stored);
  }
  // Loaded here, because it is needed once in the life of an instance.
  const { generateVAPIDKeys } = (await import('web-push')).default;
  const { publicKey, privateKey } = generateVAPIDKeys();
  await sql
    .insertInto('push_key')
    .values({
      id: ID,
      public_key: publicKey,
      sealed_private_key: seal(ring, placeOf(ID), privateKey),
      created_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Another node may have been first.
  const winner = await findPushKey(sql);
  if (winner === undefined) throw new Error('The push key was not stored.');
  return opened(ring, winner);
}

function findPushKey(sql: Sql) {
  return sql
    .selectFrom('push_key')
    .select(['public_key', 'sealed_private_key'])
    .where('id', '=', ID)
    .executeTakeFirst();
}

interface StoredPushKey {
  readonly public_key: string;
  readonly sealed_private_key: string;
}

/** So that the older secret key is no longer needed. */
async function reseal(sql: Sql, ring: KeyRing, { sealed_private_key: sealed }: StoredPushKey): Promise<void> {
  await sql
    .updateTable('push_key')
    .set({ sealed_private_key: resealPushKey(ring, ID, sealed) })
    .where('id', '=', ID)
    .execute();
}

function opened(ring: KeyRing, row: StoredPushKey): PushKeyPair {
  return { publicKey: row.public_key, privateKey: open(ring, placeOf(ID), row.sealed_private_key) };
}

/** Reseals with the newest key of the ring. */
export function resealPushKey(ring: KeyRing, id: string, sealed: string): string {
  return seal(ring, placeOf(id), open(ring, placeOf(id), sealed));
}

function placeOf(id: string): string {
  return `push_key:${id}:private`;
}
