// Starts a test of the identity provider of a domain.
import { findDomain } from '../../domains/domain.ts';
import { DomainNotProved } from '../../domains/errors.ts';
import { findAccount } from '../../factors/account.ts';
import { ProviderNotFound } from '../../factors/oauth/errors.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { sqlOf } from '../../persistence/orm.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import type { Caller } from '../caller.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import { ofSession } from '../steps/start.ts';
import type { ProviderTestInput } from './chart.ts';

/**
 * Call it for administrators only. @returns null when their tenant does not have the domain.
 * @throws {DomainNotProved} @throws {ProviderNotFound}
 */
export async function startProviderTest(
  { runner, factors }: { readonly runner: WorkflowRunner; readonly factors: FactorRegistry },
  name: string,
  caller: Caller & { readonly session: PresentedSession },
): Promise<WorkflowReply | null> {
  await runner.admit(caller);
  const { session, em } = caller;
  const domain = await findDomain(sqlOf(em), session.tenantId, name);
  if (domain === null) return null;
  if (domain.verified_at === null) throw new DomainNotProved();
  if (factors.providers.find(session.tenantId, domain.provider) === null) throw new ProviderNotFound();
  const account = await findAccount(em, session.userId);
  const input: ProviderTestInput = { providerId: domain.provider, domainId: domain.id };
  return runner.start({ name: 'provider-test', input, account, ...ofSession(session) }, caller);
}
