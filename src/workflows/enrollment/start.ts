// Starts the enrollment of another factor in a session.
import { type Account, findAccount } from '../../factors/account.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { type Clock, secondsOf } from '../../platform/clock.ts';
import { randomId } from '../../platform/random.ts';
import { lastingEvidence } from '../../policy/assurance.ts';
import { MOST_AUTHENTICATORS } from '../../policy/authenticator-limit.ts';
import { refuseStepUp } from '../../policy/decision.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { requirement } from '../../policy/requirement.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import type { Caller } from '../caller.ts';
import { FactorNotEnrollable, TooManyAuthenticators } from '../errors.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import { ofSession } from '../steps/start.ts';
import type { EnrollmentInput } from './chart.ts';

/** What the session must prove before a factor is added. */
const BEFORE_ENROLLMENT = requirement({ require: 'STRONGEST_ENROLLED' });

export interface EnrollmentRequest {
  readonly factor: FactorKind;
  readonly label: string | null;
  /** What the factor takes besides. */
  readonly given: object;
}

export async function startEnrollment(
  { runner, factors, clock }: { runner: WorkflowRunner; factors: FactorRegistry; clock: Clock },
  request: EnrollmentRequest,
  caller: Caller & { readonly session: PresentedSession },
): Promise<WorkflowReply> {
  await runner.admit(caller);
  const { session } = caller;
  const now = secondsOf(clock.now());
  const account = await findAccount(caller.em, session.userId);
  if (account === null) throw new Error('A session has no user.');
  const enrollable = account.smsOfUser ? factors.enrollable(account.smsOfTenant) : factors.enrollable('OFF');
  if (!enrollable.includes(request.factor)) throw new FactorNotEnrollable(enrollable);
  const unitOfWork = new UnitOfWork();
  const newId = () => newAuthenticator(account);
  const { choose } = factors.enrollmentOf(request.factor);
  const { given } = request;
  const chosen = choose?.({ account, given, newId, unitOfWork, now: clock.now() }) ?? {
    id: newId(),
    account,
    isSecondFactor: true,
  };
  const input: EnrollmentInput = {
    factor: request.factor,
    label: request.label,
    newAuthenticatorId: chosen.id,
    isSecondFactor: chosen.isSecondFactor,
    evidence: lastingEvidence(session.evidence, session.aging, now),
    proved: refuseStepUp(session, BEFORE_ENROLLMENT, now) === null,
    accept: BEFORE_ENROLLMENT.accept,
    acceptsFirst: true,
  };
  return runner.start(
    { name: 'enrollment', input, account: chosen.account, unitOfWork, ...ofSession(session) },
    caller,
  );
}

function newAuthenticator({ authenticators, phones }: Account): string {
  if (authenticators.length + phones.length >= MOST_AUTHENTICATORS) throw new TooManyAuthenticators();
  return randomId();
}
