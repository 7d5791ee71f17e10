// What is taken already: an address or number that somebody has proved, an id, an id of another system. An import never
// touches whoever has it.
import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';
import type { Claim, Newcomer } from './newcomer.ts';
import type { Refusal } from './refusal.ts';

/** One statement for a whole batch. */
export async function takenAmong(
  sql: Sql,
  tenantId: string,
  newcomers: readonly Newcomer[],
): Promise<Set<string>> {
  const claims = newcomers.flatMap((one) => one.claims);
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
  `.execute(sql);
  return new Set(rows.map(keyOf));
}

/** Null, and what they claim is taken from now on, when nobody else has it. */
export function claim(taken: Set<string>, { claims }: Newcomer): Refusal | null {
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
  id: 'Another user has this id already.',
  externalId: 'Another user has this externalId already.',
  email: 'Another user has this e-mail address already.',
  phone: 'Another user has this phone number already.',
};
