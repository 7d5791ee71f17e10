// Begins the enrollment of a further factor, for a session.
import { findAccount } from '../../factors/account.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { type Clock, secondsOf } from '../../platform/clock.ts';
import { randomId } from '../../platform/random.ts';
import { refuseStepUp } from '../../policy/decision.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { requirement } from '../../policy/requirement.ts';
import type { ActiveSession } from '../../sessions/session.ts';
import { FactorNotEnrollable, TooManyAuthenticators } from '../errors.ts';
import type { WorkflowReply } from '../reply.ts';
import type { Caller, WorkflowRunner } from '../runner.ts';
import type { EnrollmentInput } from './chart.ts';

/** What the session must have proved before a factor is added to its user. */
const BEFORE_ENROLLMENT = requirement({ require: 'STRONGEST_ENROLLED' });
const MOST_AUTHENTICATORS = 20;

export async function startEnrollment(
  { runner, factors, clock }: { runner: WorkflowRunner; factors: FactorRegistry; clock: Clock },
  { factor, label }: { factor: FactorKind; label: string | null },
  caller: Caller & { readonly session: ActiveSession },
): Promise<WorkflowReply> {
  if (!factors.enrollable.includes(factor)) throw new FactorNotEnrollable(factors.enrollable);
  const { session } = caller;
  const account = await findAccount(sqlOf(caller.em), session.userId);
  if ((account?.authenticators.length ?? 0) >= MOST_AUTHENTICATORS) throw new TooManyAuthenticators();
  const input: EnrollmentInput = {
    factor,
    label,
    newAuthenticatorId: randomId(),
    proved: refuseStepUp(session, BEFORE_ENROLLMENT, secondsOf(clock.now())) === null,
    accept: BEFORE_ENROLLMENT.accept,
    firstFactors: factors.first,
  };
  return runner.start(
    {
      name: 'enrollment',
      input,
      tenantId: session.tenantId,
      account,
      subject: `user:${session.userId}`,
      boundToSession: true,
    },
    caller,
  );
}
