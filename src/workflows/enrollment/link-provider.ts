// Starts to link an identity at a provider to the signed-in user. The operation has been approved by a proof of its own (L5),
// so the workflow only takes the user to the provider.
import { findAccount } from '../../factors/account.ts';
import { ProviderNotFound } from '../../factors/oauth/errors.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { randomId } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import type { Caller } from '../caller.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import { ofSession } from '../steps/start.ts';
import type { EnrollmentInput } from './chart.ts';

/** Call it only behind a bound proof of the user's strongest factor. @throws {ProviderNotFound} */
export async function linkProvider(
  { runner, factors }: { readonly runner: WorkflowRunner; readonly factors: FactorRegistry },
  providerId: string,
  caller: Caller & { readonly session: PresentedSession },
): Promise<WorkflowReply> {
  await runner.admit(caller);
  const { session } = caller;
  // One that is not listed is for the users of its domains, who are linked when they sign in.
  const isListed = factors.providers.listed(session.tenantId).some(({ id }) => id === providerId);
  if (!isListed) throw new ProviderNotFound();
  const account = await findAccount(caller.em, session.userId);
  if (account === null) throw new Error('A session has no user.');
  const { enrolled } = factors.availableFactors(account);
  const input: EnrollmentInput = {
    factor: FactorKind.OAUTH,
    label: null,
    newAuthenticatorId: randomId(),
    isSecondFactor: false,
    proved: true,
    approvedBy: enrolled.length > 0 ? 'SECOND_FACTOR' : 'FIRST_FACTOR',
    providerId,
    evidence: session.evidence,
    accept: [],
    acceptsFirst: false,
  };
  return runner.start({ name: 'enrollment', input, account, ...ofSession(session) }, caller);
}
