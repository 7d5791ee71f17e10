// Finds the page that waits for an answer, by the state of the answer. Nothing is changed: the page hands the answer to its
// workflow.
import type { Sql } from '../../persistence/orm.ts';
import { digest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { openPending, type Pending } from './pending.ts';
import type { Providers } from './providers.ts';

interface Asked {
  readonly providerId: string;
  readonly state: string;
  readonly browserToken: string;
  readonly now: Date;
}

/** Null unless this browser has asked this provider. */
export async function returnPage(
  sql: Sql,
  { ring, providers }: { readonly ring: KeyRing; readonly providers: Providers },
  { providerId, state, browserToken, now }: Asked,
): Promise<string | null> {
  const request = await openRequest(sql, ring, state, now);
  if (request === null) return null;
  const { pending } = request;
  const isAsked = pending.providerId === providerId && pending.boundTo === digest(browserToken);
  // What is no longer configured is no longer trusted (I5).
  const isOpen = providers.get(providerId) !== null && providers.returnUrls.includes(pending.returnTo ?? '');
  return isAsked && isOpen ? pending.returnTo : null;
}

interface OpenRequest {
  readonly challengeId: string;
  readonly tenantId: string;
  readonly pending: Pending;
}

/** The request with this state, if nobody has answered it yet. */
export async function openRequest(
  sql: Sql,
  ring: KeyRing,
  state: string,
  now: Date,
): Promise<OpenRequest | null> {
  const found = await sql
    .selectFrom('challenge as c')
    .innerJoin('workflow as w', 'w.id', 'c.workflow_id')
    .select(['c.id', 'c.secret', 'w.tenant_id'])
    .where('c.code_digest', '=', digest(state))
    .where('c.factor', '=', FactorKind.OAUTH)
    .where('c.consumed_at', 'is', null)
    .where('c.expires_at', '>', now)
    .executeTakeFirst();
  if (found?.secret == null) return null;
  const { id: challengeId, tenant_id: tenantId, secret } = found;
  return { challengeId, tenantId, pending: openPending(ring, challengeId, secret) };
}
