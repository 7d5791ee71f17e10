// Finds claims that are already taken: a verified address or number, an id, an external id. An import never changes the
// user who has it.
import { sql as raw } from 'kysely';
import type { Refusal } from '../factors/record-error.ts';
import type { Sql } from '../persistence/orm.ts';
import { type Claim, identityValue, type NewUser } from './new-user.ts';

/** Checks a whole batch with one statement. */
export async function conflictsAmong(
  sql: Sql,
  tenantId: string,
  users: readonly NewUser[],
): Promise<Set<string>> {
  const claims = users.flatMap((one) => one.claims);
  const valuesOf = (kind: Claim['kind']): string[] =>
    claims.filter((claim) => claim.kind === kind).map((claim) => claim.value);
  const { rows } = await raw<Pick<Claim, 'kind' | 'value'>>`
    select 'id' as kind, id::text as value from user_account where id = any(${valuesOf('id')}::uuid[])
    union all
    select 'externalId', external_id from user_account
      where tenant_id = ${tenantId} and external_id = any(${valuesOf('externalId')}::text[])
    union all
    select 'email', address from email_address
      where tenant_id = ${tenantId} and verified_at is not null and address = any(${valuesOf('email')}::text[])
    union all
    select 'phone', number from phone_number
      where tenant_id = ${tenantId} and verified_at is not null and number = any(${valuesOf('phone')}::text[])
    union all
    select 'passkey', identity_digest from authenticator
      where tenant_id = ${tenantId} and identity_digest = any(${valuesOf('passkey')}::text[])
  `.execute(sql);
  return new Set([...rows.map(keyOf), ...(await identitiesAmong(sql, tenantId, valuesOf('identity')))]);
}

async function identitiesAmong(sql: Sql, tenantId: string, values: readonly string[]): Promise<string[]> {
  if (values.length === 0) return [];
  const pairs = values.map((value) => JSON.parse(value) as [issuer: string, subject: string]);
  const { rows } = await raw<{ issuer: string; subject: string }>`
    select issuer, subject from identity
    where tenant_id = ${tenantId} and linked_at is not null and (issuer, subject) in (
      select * from unnest(${pairs.map(([issuer]) => issuer)}::text[], ${pairs.map(([, subject]) => subject)}::text[])
    )`.execute(sql);
  return rows.map(({ issuer, subject }) =>
    keyOf({ kind: 'identity', value: identityValue(issuer, subject) }),
  );
}

/** Reserves the imported user's claims. @returns null on success, or the refusal. */
export function claim(taken: Set<string>, { claims }: NewUser): Refusal | null {
  const keys = claims.map(keyOf);
  const lost = claims.find((one, at) => taken.has(keyOf(one)) || keys.indexOf(keyOf(one)) !== at);
  if (lost !== undefined) return { path: lost.path, reason: REASONS[lost.kind] };
  for (const key of keys) taken.add(key);
  return null;
}

export function keyOf({ kind, value }: Pick<Claim, 'kind' | 'value'>): string {
  return `${kind}:${value}`;
}

const REASONS: Readonly<Record<Claim['kind'], string>> = {
  id: 'Another user already has this id.',
  externalId: 'Another user already has this externalId.',
  email: 'Another user already has this email address.',
  phone: 'Another user already has this phone number.',
  passkey: 'Another user already has this passkey.',
  identity: 'Another user already has this account at the provider.',
};
