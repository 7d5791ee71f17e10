// Ends a test of an identity provider with a report of what came back: names of claims, never a token. A test succeeds when the
// provider speaks for an address in the domain. It counts for the configuration that was tested.
import { findDomainById, noteTest } from '../../domains/test-result.ts';
import { domainOf } from '../../factors/email/mailbox.ts';
import { FORGET_FAILURES } from '../../factors/lockout.ts';
import type { ProvenIdentity } from '../../factors/oauth/proven-identity.ts';
import { addAudit, byAdministrator } from '../../persistence/audit.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { secondsOf } from '../../platform/clock.ts';
import { evidenceOf } from '../../policy/evidence.ts';
import type { TestReport } from '../effects/outcome.ts';
import { FactorNotOffered } from '../errors.ts';
import type { ProviderTestInput } from '../provider-test/chart.ts';
import { type Claimed, proved } from './claim.ts';
import { present, type WorkflowReply } from './reply.ts';
import type { StepServices } from './services.ts';
import { advance, take } from './step.ts';

export async function reportTest(
  services: StepServices,
  { step, row, factor }: Claimed,
  identity: ProvenIdentity,
): Promise<WorkflowReply> {
  const { caller, unitOfWork, now, snapshot } = step;
  const { tenantId } = row;
  const { domainId, providerId } = snapshot.context as ProviderTestInput;
  const domain = await findDomainById(sqlOf(caller.em), tenantId, domainId);
  const provider = services.factors.providers.find(tenantId, providerId);
  // It was removed, or has another provider, or its provider is another one now (I5).
  if (domain === null || provider === null || identity.providerId !== domain.provider)
    throw new FactorNotOffered();
  const report = reportOf(identity, domain.name);
  const [next] = take(step, proved(step, evidenceOf(factor, secondsOf(now))));
  advance(step, next, -1);
  if (report.isUsable)
    unitOfWork.requireWrite(noteTest({ tenantId, domainId, digest: provider.configurationDigest, now }));
  unitOfWork.write(FORGET_FAILURES({ subject: row.subject }));
  const { session } = caller;
  if (session === null) throw new Error('A test belongs to a session.');
  const type = report.isUsable ? 'domain.tested' : 'domain.test-failed';
  const entry = { type, tenantId, userId: null, sessionId: session.id, factor, about: domain.name } as const;
  addAudit(unitOfWork, entry, byAdministrator(session, caller.client), now);
  await unitOfWork.commit(caller.em);
  return present(services, step, next, { report });
}

function reportOf({ address, domainMailbox, said }: ProvenIdentity, domain: string): TestReport {
  const isUsable = domainMailbox !== null && domainOf(domainMailbox.address) === domain;
  return { isUsable, address, ...said };
}
