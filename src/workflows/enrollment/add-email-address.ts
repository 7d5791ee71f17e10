// Starts to add an email address to the signed-in user. The guard of the mutation has asked for the user's strongest factor, so
// only the new address is left to prove. The reply does not show whether somebody else has it.
import { findAccount } from '../../factors/account.ts';
import { EmailAddressAlreadyVerified } from '../../factors/email/errors.ts';
import type { Mailbox } from '../../factors/email/mailbox.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { type Clock, secondsOf } from '../../platform/clock.ts';
import { randomId } from '../../platform/random.ts';
import { lastingEvidence } from '../../policy/assurance.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import type { Caller } from '../caller.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import { ofSession } from '../steps/start.ts';
import type { EnrollmentInput } from './chart.ts';

interface Services {
  readonly runner: WorkflowRunner;
  readonly factors: FactorRegistry;
  readonly clock: Clock;
}

/** @throws {EmailAddressAlreadyVerified} @throws {TooManyEmailAddresses} */
export async function addEmailAddress(
  { runner, factors, clock }: Services,
  { mailbox, factor }: { readonly mailbox: Mailbox; readonly factor: FactorKind },
  caller: Caller & { readonly session: PresentedSession },
): Promise<WorkflowReply> {
  await runner.admit(caller);
  const { session } = caller;
  const account = await findAccount(caller.em, session.userId);
  if (account === null) throw new Error('A session has no user.');
  if (account.emails.some((one) => one.verified && one.address === mailbox.address))
    throw new EmailAddressAlreadyVerified();
  const now = clock.now();
  const unitOfWork = new UnitOfWork();
  const request = { account, given: mailbox, newId: randomId, unitOfWork, now };
  const chosen = factors.enrollmentOf(factor).choose?.(request);
  if (chosen === undefined) throw new Error(`${factor} does not choose an address.`);
  const input: EnrollmentInput = {
    factor,
    label: null,
    newAuthenticatorId: chosen.id,
    isSecondFactor: chosen.isSecondFactor,
    evidence: lastingEvidence(session.evidence, session.aging, secondsOf(now)),
    proved: true,
    accept: [],
    acceptsFirst: false,
  };
  return runner.start(
    { name: 'enrollment', input, account: chosen.account, unitOfWork, ...ofSession(session) },
    caller,
  );
}
