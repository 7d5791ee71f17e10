// `keys retire KEY`: confirms that a key is no longer in use and may be removed from SECRET_KEYS. Passwords and backup
// codes cannot be resealed; they keep a key in use unless the operator discards them.
import { sql as raw } from 'kysely';
import { auditRow, byOperator } from '../../persistence/audit.ts';
import type { AuditType } from '../../persistence/audit-type.ts';
import { insertMany } from '../../persistence/insert-many.ts';
import { type Sql, sqlOf } from '../../persistence/orm.ts';
import { RefusedError } from '../run-command.ts';
import type { KeysAction } from './action.ts';
import { type Count, countByKey, HELD_BY_OWNERS, heldByOwner, keyIdIn } from './sealed-columns.ts';

export function retire(keyId: string, { discard }: { readonly discard: boolean }): KeysAction {
  return async ({ em, ring, say, now }) => {
    if (keyId === ring.newest.id)
      throw new RefusedError(
        `Key ${keyId} is the first key in SECRET_KEYS and seals new values. Put another key first.`,
      );
    const needed = (await countByKey(sqlOf(em), now)).filter((count) => count.keyId === keyId);
    const kept = needed.filter(({ release }) => release !== 'OWNER' || !discard);
    if (kept.length > 0)
      throw new RefusedError(`Key ${keyId} is still in use:\n${kept.map(reason).join('\n')}`);
    await em.transactional(async (transaction) => {
      const sql = sqlOf(transaction);
      if (discard) await discardOf(sql, keyId, now);
      await sql.deleteFrom('secret_key').where('id', '=', keyId).execute();
    });
    for (const { count, name } of needed) say(`${name}: ${count} discarded`);
    say(`Key ${keyId} is retired. Remove it from SECRET_KEYS on every node.`);
    return 0;
  };
}

function reason({ count, name, release, until }: Count): string {
  const remedies = {
    REWRAP: () => 'run `npx stepgate keys rewrap`',
    OWNER: () => heldByOwner(name).remedy,
    EXPIRY: () => `until ${until?.toISOString()}`,
  };
  return `  ${count} ${name}: ${remedies[release]()}`;
}

/** Deletes what cannot be checked without the key. The owners keep everything else. */
async function discardOf(sql: Sql, keyId: string, now: Date): Promise<void> {
  for (const column of HELD_BY_OWNERS) {
    const owner = raw.ref(`${column.table}.user_id`);
    const { rows } = await raw<Owner>`
      delete from ${raw.table(column.table)} where ${column.where(now)} and ${keyIdIn(column)} = ${keyId}
      returning ${owner} as id, (select tenant_id from user_account where id = ${owner}) as tenant_id`.execute(
      sql,
    );
    await insertMany(sql, 'audit_event', discarded(column.discardedAs, rows, now));
  }
}

interface Owner {
  readonly id: string;
  readonly tenant_id: string;
}

/** One audit row per user. */
function discarded(type: AuditType, owners: readonly Owner[], now: Date) {
  const users = new Map(owners.map((owner) => [owner.id, owner.tenant_id]));
  return [...users].map(([userId, tenantId]) =>
    auditRow({ type, tenantId, userId, sessionId: null }, byOperator('keys'), now),
  );
}
