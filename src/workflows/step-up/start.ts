// Starts a step-up of a session.
import { findAccount } from '../../factors/account.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { type Clock, secondsOf } from '../../platform/clock.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { lastingEvidence } from '../../policy/assurance.ts';
import { refuseStepUp } from '../../policy/decision.ts';
import { provable } from '../../policy/required-factors.ts';
import { type RequirementOptions, requirement } from '../../policy/requirement.ts';
import { DEFAULT_GRANT_SECONDS, keyedOperation } from '../../sessions/operation-grant.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import type { Caller } from '../caller.ts';
import { EnrollmentRequired } from '../errors.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import { ofSession } from '../steps/start.ts';
import type { StepUpInput } from './chart.ts';

/** An operation to approve: its digest and a description for the user. */
export interface OperationInWords {
  readonly digest: string;
  readonly approves: string;
  /** What the digest is made of. Null if it is not recorded. */
  readonly text: string | null;
}

interface Services {
  readonly runner: WorkflowRunner;
  readonly factors: FactorRegistry;
  readonly ring: KeyRing;
  readonly clock: Clock;
}

export async function startStepUp(
  { runner, factors, ring, clock }: Services,
  { operation, ...options }: RequirementOptions & { readonly operation: OperationInWords | null },
  caller: Caller & { readonly session: PresentedSession },
): Promise<WorkflowReply> {
  await runner.admit(caller);
  const demand = requirement(options);
  const { session } = caller;
  const now = secondsOf(clock.now());
  const account = await findAccount(caller.em, session.userId);
  const input: StepUpInput = {
    accept: demand.accept,
    acceptsFirst: demand.require === 'STRONGEST_ENROLLED',
    // Without `maxAge`, the step-up always asks for a proof.
    proved: operation === null && options.maxAge != null && refuseStepUp(session, demand, now) === null,
    evidence: lastingEvidence(session.evidence, session.aging, now),
    grantSeconds: operation === null ? null : (options.maxAge ?? DEFAULT_GRANT_SECONDS),
  };
  if (provable(input, factors.availableFactors(account)).length === 0) throw new EnrollmentRequired();
  const bound = operation && {
    operation: { ...operation, digest: keyedOperation(ring, operation.digest) },
  };
  return runner.start({ name: 'step-up', input, account, ...bound, ...ofSession(session) }, caller);
}
