// Weighs what a provider has said by the domains of the tenant, before anybody is found by it. A sign-in that was sent to the
// provider of a domain has ended when the domain no longer has this provider (I5).
import { capturesOf, weighed } from '../../domains/captures.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { FactorNotOffered } from '../errors.ts';
import { type Claimed, keepingAttempt } from './claim.ts';
import type { StepServices } from './services.ts';

export async function weighIdentity(
  { factors }: Pick<StepServices, 'factors'>,
  { step, row, factor }: Claimed,
  proof: unknown,
): Promise<unknown> {
  const identity = factors.get(factor)?.identityAtProvider?.(proof) ?? null;
  if (identity === null) return proof;
  const { tenantId } = row;
  return keepingAttempt(row, step.caller, async () => {
    const captures = await capturesOf(sqlOf(step.caller.em), tenantId, identity);
    const provider = factors.providers.find(tenantId, identity.providerId);
    const { domainId = null } = step.snapshot.context as { readonly domainId?: string | null };
    const isOpen = domainId === null || captures.some((one) => one.domainId === domainId);
    if (provider === null || !isOpen) throw new FactorNotOffered();
    return weighed(identity, provider, captures);
  });
}
