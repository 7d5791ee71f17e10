// `keys retire KEY`: a key that nothing needs any more may leave SECRET_KEYS. What depends on it and cannot be sealed anew,
// passwords and backup codes, keeps it, unless the operator discards that.
import { auditRow, byOperator } from '../../persistence/audit.ts';
import type { AuditType } from '../../persistence/audit-type.ts';
import { insertMany } from '../../persistence/insert-many.ts';
import { type Sql, sqlOf } from '../../persistence/orm.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { CommandError } from '../run-command.ts';
import type { KeysAction } from './action.ts';
import { type Count, countByKey } from './holdings.ts';

export function retire(keyId: string, { discard }: { readonly discard: boolean }): KeysAction {
  return async ({ em, ring, say, now }) => {
    if (keyId === ring.newest.id)
      throw new CommandError(`Key ${keyId} is the first of SECRET_KEYS: it seals. Put another one first.`);
    const needed = (await countByKey(sqlOf(em), now)).filter((count) => count.keyId === keyId);
    const kept = needed.filter(({ release }) => release !== 'OWNER' || !discard);
    if (kept.length > 0)
      throw new CommandError(`Key ${keyId} is still needed:\n${kept.map(reason).join('\n')}`);
    await em.transactional(async (transaction) => {
      const sql = sqlOf(transaction);
      if (discard) await discardOf(sql, keyId, now);
      await sql.deleteFrom('secret_key').where('id', '=', keyId).execute();
    });
    for (const { count, name } of needed) say(`${name}: ${count} discarded`);
    say(`Key ${keyId} is retired. Remove it from SECRET_KEYS of every node.`);
    return 0;
  };
}

function reason({ count, name, release, until }: Count): string {
  const remedies = {
    REWRAP: 'run `npx stepgate keys rewrap`',
    OWNER:
      name === 'passwords'
        ? 'each until its user signs in with it; with --discard, these users reset their passwords'
        : 'each until it is used or replaced; with --discard, these users are left without them',
    EXPIRY: `until ${until?.toISOString()}`,
  };
  return `  ${count} ${name}: ${remedies[release]}`;
}

/** Without the key, nobody can check these any more. Their owners keep everything else. */
async function discardOf(sql: Sql, keyId: string, now: Date): Promise<void> {
  const passwords = await sql
    .deleteFrom('authenticator as it')
    .using('user_account as owner')
    .whereRef('owner.id', '=', 'it.user_id')
    .where('it.factor', '=', FactorKind.PASSWORD)
    .where('it.secret', 'like', `$stepgate-bcrypt$${keyId}$%`)
    .returning(['owner.id', 'owner.tenant_id'])
    .execute();
  const codes = await sql
    .deleteFrom('backup_code as it')
    .using('user_account as owner')
    .whereRef('owner.id', '=', 'it.user_id')
    .where('it.used_at', 'is', null)
    .where('it.digest', 'like', `${keyId}.%`)
    .returning(['owner.id', 'owner.tenant_id'])
    .execute();
  await insertMany(sql, 'audit_event', [
    ...discarded('password.discarded', passwords, now),
    ...discarded('backup-codes.discarded', codes, now),
  ]);
}

interface Owner {
  readonly id: string;
  readonly tenant_id: string;
}

/** One row for each user. */
function discarded(type: AuditType, owners: readonly Owner[], now: Date) {
  const users = new Map(owners.map((owner) => [owner.id, owner.tenant_id]));
  return [...users].map(([userId, tenantId]) =>
    auditRow({ type, tenantId, userId, sessionId: null }, byOperator('keys'), now),
  );
}
