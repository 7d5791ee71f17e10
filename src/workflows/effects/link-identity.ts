// Links an identity at a provider to the user, once everything that the user has to prove has been proved (L4). Until then, the
// identity waits in its row. A provider that has been switched off meanwhile links nobody (I5).

import { addNotice } from '../../delivery/notices.ts';
import { STILL_CAPTURES } from '../../domains/captures.ts';
import { identityRow, LINK } from '../../factors/oauth/identity.ts';
import type { NewIdentity } from '../../factors/oauth/proven-identity.ts';
import { addAudit, byAnonymous } from '../../persistence/audit.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { FactorNotOffered } from '../errors.ts';
import type { PendingLink } from '../event.ts';
import type { Step } from '../steps/step.ts';
import { accountOf, type PerformEffect } from './effect.ts';

export const linkIdentity: PerformEffect<PendingLink> = (
  { factors, outbox },
  step,
  { identityId: id, providerId, capture = null },
) => {
  const { unitOfWork, caller, now, links } = step;
  const account = accountOf(step);
  const { id: userId, tenantId } = account;
  const provider = factors.providers.find(tenantId, providerId);
  if (provider === null) throw new FactorNotOffered();
  if (links?.id === id) unitOfWork.insert('identity', identityRow(links, account, now, now));
  else unitOfWork.requireWrite(LINK({ id, userId, now }));
  if (capture !== null) unitOfWork.requireWrite(STILL_CAPTURES({ tenantId, ...capture }));
  const subject = { tenantId, userId, sessionId: null, factor: FactorKind.OAUTH } as const;
  addAudit(unitOfWork, { type: 'identity.linked', ...subject }, byAnonymous(caller.client), now);
  addNotice(outbox, step, { name: 'identity-linked', provider: provider.settings.name });
  return { linked: id };
};

/** For the steps that the user still has to take. */
export function addPendingIdentity(step: Step, identity: NewIdentity): void {
  step.unitOfWork.insert('identity', identityRow(identity, accountOf(step), step.now, null));
}
