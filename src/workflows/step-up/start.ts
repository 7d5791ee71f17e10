// Begins a step-up, for a session.
import { findAccount } from '../../factors/account.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { type Clock, secondsOf } from '../../platform/clock.ts';
import { refuseStepUp } from '../../policy/decision.ts';
import { provable } from '../../policy/required-factors.ts';
import { type RequirementOptions, requirement } from '../../policy/requirement.ts';
import type { ActiveSession } from '../../sessions/session.ts';
import { EnrollmentRequired } from '../errors.ts';
import type { WorkflowReply } from '../reply.ts';
import { type Caller, ofSession, type WorkflowRunner } from '../runner.ts';
import type { StepUpInput } from './chart.ts';

export async function startStepUp(
  { runner, factors, clock }: { runner: WorkflowRunner; factors: FactorRegistry; clock: Clock },
  options: RequirementOptions,
  caller: Caller & { readonly session: ActiveSession },
): Promise<WorkflowReply> {
  const demand = requirement(options);
  const { session } = caller;
  const account = await findAccount(sqlOf(caller.em), session.userId);
  const input: StepUpInput = {
    accept: demand.accept,
    acceptsFirst: demand.require === 'STRONGEST_ENROLLED',
    // Without an age there is always something to prove: whoever asks for a step-up wants one.
    proved: options.maxAge != null && refuseStepUp(session, demand, secondsOf(clock.now())) === null,
    evidence: session.evidence,
  };
  if (provable(input, factors.holdings(account)).length === 0) throw new EnrollmentRequired();
  return runner.start({ name: 'step-up', input, account, ...ofSession(session) }, caller);
}
