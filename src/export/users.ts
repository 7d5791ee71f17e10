// Exports the users of a tenant as records that an import reads, with hashes and secrets, so that they can sign in
// elsewhere as they do here. Sessions, devices, lockouts and the audit log are not exported. Second factors that cannot
// be exported are named.
import { type Account, accountJson, enrolledBy, type StoredAuthenticator } from '../factors/account.ts';
import { isLegacy, openLegacyHash } from '../factors/password/stored-legacy.ts';
import { openTotpSecret } from '../factors/totp/totp.ts';
import type { RECORD_FIELDS } from '../import/user-record.ts';
import type { Sql } from '../persistence/orm.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { FactorKind, isSecondFactor } from '../policy/factor-kind.ts';

/** Users read per query. */
const PAGE = 500;

/** A record as written to a file. Fields without a value are omitted. */
export type WrittenRecord = { readonly [Field in (typeof RECORD_FIELDS)[number]]?: unknown };

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
  const { email, phones, authenticators, backupCodes, roles, locale, smsOfUser } = account;
  const password = authenticators.find((one) => one.factor === FactorKind.PASSWORD);
  const apps = authenticators.filter((one) => one.factor === FactorKind.TOTP && one.confirmed);
  const others = authenticators.filter(
    ({ factor, confirmed }) => confirmed && isSecondFactor(factor) && factor !== FactorKind.TOTP,
  );
  const hasCodes = enrolledBy(account).includes(FactorKind.BACKUP_CODE);
  return {
    id,
    ...(external_id === null ? {} : { externalId: external_id }),
    ...(name === null ? {} : { name }),
    ...(email?.verified ? { email: email.typed, emailVerified: true } : {}),
    ...some(
      'phones',
      phones
        .filter((one) => one.verified)
        .map(phoneOf)
        .toSorted(byNumber),
    ),
    smsFactors: smsOfUser,
    ...(password === undefined ? {} : { passwordHash: hashOf(password, ring) }),
    ...some(
      'totp',
      apps.map((app) => appOf(app, ring)).toSorted((one, other) => (one.secret < other.secret ? -1 : 1)),
    ),
    ...some('backupCodes', hasCodes ? backupCodes.map((one) => one.digest).toSorted() : []),
    ...some('otherSecondFactors', others.map((one) => one.factor).toSorted()),
    ...some('roles', roles),
    locale,
    createdAt: created_at.toISOString(),
  };
}

function hashOf({ id, secret }: StoredAuthenticator, ring: KeyRing): string {
  return isLegacy(secret) ? openLegacyHash(ring, id, secret) : secret;
}

function appOf(
  app: StoredAuthenticator,
  ring: KeyRing,
): { readonly secret: string; readonly label?: string } {
  const secret = openTotpSecret(ring, app);
  return app.label === null ? { secret } : { secret, label: app.label };
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

function some(field: string, list: readonly unknown[]): object {
  return list.length === 0 ? {} : { [field]: list };
}
