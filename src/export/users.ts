// Exports the users of a tenant as records that an import reads, with hashes and secrets, so that they can sign in
// elsewhere as they do here. Sessions, devices, lockouts and the audit log are not exported. Second factors that cannot
// be exported are named.
import { type Account, accountJson } from '../factors/account.ts';
import { listed } from '../factors/transfer.ts';
import { isTransferred, TRANSFERS } from '../factors/transfers.ts';
import type { Sql } from '../persistence/orm.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { isSecondFactor } from '../policy/factor-kind.ts';

/** Users read per query. */
const PAGE = 500;

/** A record as written to a file. Fields without a value are omitted. */
export type WrittenRecord = Readonly<Record<string, unknown>>;

/** Yields pages in the order of user ids. @throws {UnknownKeyError} for a value sealed with a key not in SECRET_KEYS. */
export async function* exportedUsers(
  sql: Sql,
  ring: KeyRing,
  tenantId: string,
): AsyncIterable<readonly WrittenRecord[]> {
  for (let last: string | null = null; ; ) {
    let page = sql
      .selectFrom('user_account')
      .select(['id', 'external_id', 'name', 'created_at'])
      .select((it) => accountJson(it.ref('user_account.id')).as('account'))
      .where('tenant_id', '=', tenantId)
      .where('activated_at', 'is not', null)
      .orderBy('id')
      .limit(PAGE);
    if (last !== null) page = page.where('id', '>', last);
    const rows: Row[] = await page.execute();
    yield rows.map((row) => recordOf(row, ring));
    last = rows.at(-1)?.id ?? null;
    if (rows.length < PAGE) return;
  }
}

/** The number of users that will be exported. */
export async function countUsers(sql: Sql, tenantId: string): Promise<number> {
  const row = await sql
    .selectFrom('user_account')
    .select((it) => it.fn.countAll<string>().as('users'))
    .where('tenant_id', '=', tenantId)
    .where('activated_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(row.users);
}

interface Row {
  readonly id: string;
  readonly external_id: string | null;
  readonly name: string | null;
  readonly created_at: Date;
  readonly account: Account | null;
}

function recordOf({ id, external_id, name, created_at, account }: Row, ring: KeyRing): WrittenRecord {
  if (account === null) throw new Error('A user has no account.');
  const { email, emails, phones, authenticators, roles, locale, smsOfUser } = account;
  const others = authenticators.filter(
    ({ factor, confirmed }) => confirmed && isSecondFactor(factor) && !isTransferred(factor),
  );
  return {
    id,
    ...(external_id === null ? {} : { externalId: external_id }),
    ...(name === null ? {} : { name }),
    ...(email?.verified ? { email: email.typed, emailVerified: true } : {}),
    ...listed(
      'otherEmails',
      emails
        .filter((one) => one.verified && one.id !== email?.id)
        .map(({ typed }) => typed)
        .toSorted()
        .map((address) => ({ address, verified: true })),
    ),
    ...listed(
      'phones',
      phones
        .filter((one) => one.verified)
        .map(phoneOf)
        .toSorted(byNumber),
    ),
    smsFactors: smsOfUser,
    ...Object.assign({}, ...TRANSFERS.map((transfer) => transfer.write(account, ring))),
    ...listed('otherSecondFactors', others.map((one) => one.factor).toSorted()),
    ...listed('roles', roles),
    locale,
    createdAt: created_at.toISOString(),
  };
}

interface WrittenPhone {
  readonly number: string;
  readonly verified: true;
  readonly secondFactor: boolean;
}

function phoneOf({ number, secondFactor }: Account['phones'][number]): WrittenPhone {
  return { number, verified: true, secondFactor };
}

function byNumber(one: WrittenPhone, other: WrittenPhone): number {
  return one.number < other.number ? -1 : 1;
}
