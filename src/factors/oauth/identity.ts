// The table of identities: the accounts of users at providers (L1).

import { sql as raw } from 'kysely';
import type { EntityManager, Sql } from '../../persistence/orm.ts';
import { sqlOf } from '../../persistence/orm.ts';
import type { Rewrappable } from '../../persistence/sealed-column.ts';
import { statement } from '../../persistence/statement.ts';
import type { Row } from '../../persistence/unit-of-work.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomId } from '../../platform/random.ts';
import { open, seal } from '../../platform/seal.ts';
import type { Consume } from '../factor.ts';
import type { NewIdentity, ProvenIdentity } from './proven-identity.ts';

export function newIdentity(
  ring: KeyRing,
  { providerId, issuer, subject, address, standing }: ProvenIdentity,
): NewIdentity {
  const id = randomId();
  const sealed = address === null ? null : seal(ring, placeOf(id), address);
  const capture = standing.is === 'INSIDE' ? standing.capture : null;
  return { id, providerId, issuer, subject, address: sealed, capture };
}

/** @param linkedAt null for one that waits for the second factor. */
export function identityRow(
  { id, providerId, issuer, subject, address }: NewIdentity,
  user: { readonly id: string; readonly tenantId: string },
  now: Date,
  linkedAt: Date | null,
  lastUsedAt: Date | null = linkedAt,
): Row<'identity'> {
  return {
    id,
    tenant_id: user.tenantId,
    user_id: user.id,
    provider: providerId,
    issuer,
    subject,
    address,
    created_at: now,
    linked_at: linkedAt,
    last_used_at: lastUsedAt,
  };
}

/** Makes one count that was waiting. Fails if it is gone, or if another user has linked it meanwhile. */
export const LINK = statement((sql, { id, userId, now }: { id: string; userId: string; now: Date }) =>
  sql
    .updateTable('identity')
    .set({ linked_at: now, last_used_at: now })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('linked_at', 'is', null)
    .returning('id'),
);

/** Fails if it has been unlinked meanwhile. */
export function useIdentity(id: string, now: Date): Consume {
  return (unitOfWork) => unitOfWork.requireWrite(USE({ id, now }));
}

const USE = statement((sql, { id, now }: { readonly id: string; readonly now: Date }) =>
  sql
    .updateTable('identity')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .where('linked_at', 'is not', null)
    .returning('id'),
);

export interface ListedIdentity {
  readonly id: string;
  readonly providerId: string;
  readonly address: string | null;
  readonly linkedAt: Date;
  readonly lastUsedAt: Date | null;
}

/** Those that count, oldest first. */
export async function listIdentities(
  em: EntityManager,
  ring: KeyRing,
  userId: string,
): Promise<ListedIdentity[]> {
  const rows = await sqlOf(em)
    .selectFrom('identity')
    .select(['id', 'provider', 'address', 'linked_at', 'last_used_at'])
    .where('user_id', '=', userId)
    .where('linked_at', 'is not', null)
    .orderBy('linked_at')
    .execute();
  return rows.map(({ id, provider, address, linked_at, last_used_at }) => ({
    id,
    providerId: provider,
    address: address === null ? null : openAddressAtProvider(ring, id, address),
    linkedAt: linked_at as Date,
    lastUsedAt: last_used_at,
  }));
}

/** The address that the provider named. */
export function openAddressAtProvider(ring: KeyRing, id: string, sealed: string): string {
  return open(ring, placeOf(id), sealed);
}

/** Whether somebody in the tenant has it. */
export async function isLinked(
  sql: Sql,
  tenantId: string,
  { issuer, subject }: Pick<ProvenIdentity, 'issuer' | 'subject'>,
): Promise<boolean> {
  const found = await sql
    .selectFrom('identity')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .where('linked_at', 'is not', null)
    .executeTakeFirst();
  return found !== undefined;
}

export const SEALED_ADDRESSES: Rewrappable = {
  name: 'addresses at providers',
  table: 'identity',
  column: 'address',
  release: 'REWRAP',
  where: () => raw`address is not null`,
  id: 'id',
  idType: 'uuid',
  reseal: (ring, id, stored) => seal(ring, placeOf(id), openAddressAtProvider(ring, id, stored)),
};

function placeOf(id: string): string {
  return `identity:${id}:address`;
}
