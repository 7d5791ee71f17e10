// What happens to everything that a user has when they are merged into another one: it moves, or it ends. Each table that
// refers to users is in one of the two lists, and a test compares them with the database.
import { sql as raw } from 'kysely';
import type { Account } from '../../factors/account.ts';
import type { Sql } from '../../persistence/orm.ts';
import { FactorKind } from '../../policy/factor-kind.ts';

export interface Merge {
  /** The user who ends. */
  readonly from: Account;
  /** The user who stays. */
  readonly into: Account;
  readonly now: Date;
}

type Move = (sql: Sql, merge: Merge) => Promise<void>;

/**
 * What moves counts as enrolled now. Otherwise, an account that somebody has kept ready would bring factors that are old enough
 * to rule the one that it is merged into.
 */
export const MOVES: Readonly<Record<string, Move>> = {
  email_address: async (sql, { from, into, now }) => {
    const unproved = leftOver(from.emails, into.emails, ({ address }) => address);
    await sql.deleteFrom('email_address').where('id', '=', oneOf(unproved)).execute();
    await sql
      .updateTable('email_address')
      .set({ user_id: into.id, is_primary: false, verified_at: now })
      .where('tenant_id', '=', from.tenantId)
      .where('user_id', '=', from.id)
      .execute();
  },
  phone_number: async (sql, { from, into, now }) => {
    const unproved = leftOver(from.phones, into.phones, ({ number }) => number);
    await sql.deleteFrom('phone_number').where('id', '=', oneOf(unproved)).execute();
    // Whoever stays may have turned text messages off.
    const isSecondFactor = raw<boolean>`second_factor and ${into.smsOfUser}`;
    await sql
      .updateTable('phone_number')
      .set({
        user_id: into.id,
        second_factor: isSecondFactor,
        second_factor_at: raw<Date | null>`case when ${isSecondFactor} then ${now}::timestamptz end`,
      })
      .where('tenant_id', '=', from.tenantId)
      .where('user_id', '=', from.id)
      .execute();
  },
  authenticator: async (sql, { from, into, now }) => {
    // The password of whoever stays is the password, also if there is none.
    await sql
      .deleteFrom('authenticator')
      .where('user_id', '=', from.id)
      .where((it) => it.or([it('confirmed_at', 'is', null), it('factor', '=', FactorKind.PASSWORD)]))
      .execute();
    await sql
      .updateTable('authenticator')
      .set({ user_id: into.id, confirmed_at: now })
      .where('user_id', '=', from.id)
      .execute();
  },
  identity: async (sql, { from, into, now }) => {
    await sql
      .deleteFrom('identity')
      .where('tenant_id', '=', from.tenantId)
      .where('user_id', '=', from.id)
      .where('linked_at', 'is', null)
      .execute();
    await sql
      .updateTable('identity')
      .set({ user_id: into.id, linked_at: now })
      .where('tenant_id', '=', from.tenantId)
      .where('user_id', '=', from.id)
      .execute();
  },
  user_merge: async (sql, { from, into }) => {
    await sql
      .updateTable('user_merge')
      .set({ into_user_id: into.id })
      .where('tenant_id', '=', from.tenantId)
      .where('into_user_id', '=', from.id)
      .execute();
  },
};

/** What is deleted with the user. Digests of backup codes are bound to the user, so they cannot move. */
export const ENDS = ['backup_code', 'known_device', 'merge_consent', 'session', 'workflow'] as const;

/** Call it in a transaction that has locked both users. */
export async function moveEverything(sql: Sql, merge: Merge): Promise<void> {
  const { from, into } = merge;
  for (const move of Object.values(MOVES)) await move(sql, merge);
  for (const table of ENDS) await sql.deleteFrom(table).where('user_id', '=', from.id).execute();
  const old = await sql
    .deleteFrom('user_account')
    .where('id', '=', from.id)
    .where('tenant_id', '=', from.tenantId)
    .returning(['external_id', 'name'])
    .executeTakeFirstOrThrow();
  await sql
    .updateTable('user_account')
    .set((it) => ({
      external_id: it.fn.coalesce('external_id', it.val(old.external_id)),
      name: it.fn.coalesce('name', it.val(old.name)),
    }))
    .where('id', '=', into.id)
    .where('tenant_id', '=', into.tenantId)
    .execute();
}

interface Claimed {
  readonly id: string;
  readonly verified: boolean;
}

/** What nobody has proved: all that goes, and at whoever stays what the other one brings proved. */
function leftOver<T extends Claimed>(
  going: readonly T[],
  staying: readonly T[],
  valueOf: (one: T) => string,
): string[] {
  const proved = new Set(going.filter((one) => one.verified).map(valueOf));
  return [...going, ...staying.filter((one) => proved.has(valueOf(one)))]
    .filter((one) => !one.verified)
    .map(({ id }) => id);
}

function oneOf(ids: readonly string[]) {
  return raw<string>`any(${ids}::uuid[])`;
}
