// Starts the enrollment of another factor in a session.
import { type Account, findAccount } from '../../factors/account.ts';
import type { ParsedNumber } from '../../factors/phone/number.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { type Clock, secondsOf } from '../../platform/clock.ts';
import { randomId } from '../../platform/random.ts';
import { lastingEvidence } from '../../policy/assurance.ts';
import { refuseStepUp } from '../../policy/decision.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { requirement } from '../../policy/requirement.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import type { Caller } from '../caller.ts';
import {
  FactorNotEnrollable,
  PhoneNumberNotAllowed,
  PhoneNumberNotFound,
  TooManyAuthenticators,
} from '../errors.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import { ofSession } from '../steps/start.ts';
import type { EnrollmentInput } from './chart.ts';

/** What the session must prove before a factor is added. */
const BEFORE_ENROLLMENT = requirement({ require: 'STRONGEST_ENROLLED' });
const MOST_AUTHENTICATORS = 20;

export interface EnrollmentRequest {
  readonly factor: FactorKind;
  readonly label: string | null;
  /** For `PHONE_CODE`: a new number, or the id of one of the user's numbers. */
  readonly phone: { readonly number: ParsedNumber } | { readonly id: string } | null;
  readonly isSecondFactor: boolean;
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
  const newAuthenticatorId =
    request.factor === FactorKind.PHONE_CODE
      ? phoneToEnroll(account, request.phone, factors.smsCountries, unitOfWork, clock.now())
      : newAuthenticator(account);
  const input: EnrollmentInput = {
    factor: request.factor,
    label: request.label,
    newAuthenticatorId,
    isSecondFactor: request.isSecondFactor,
    evidence: lastingEvidence(session.evidence, session.aging, now),
    proved: refuseStepUp(session, BEFORE_ENROLLMENT, now) === null,
    accept: BEFORE_ENROLLMENT.accept,
    acceptsFirst: true,
  };
  // The number's row is written with the first step, so the account already includes it.
  const known = withPhone(account, request.phone, newAuthenticatorId);
  return runner.start(
    { name: 'enrollment', input, account: known, unitOfWork, ...ofSession(session) },
    caller,
  );
}

function newAuthenticator({ authenticators, phones }: Account): string {
  if (authenticators.length + phones.length >= MOST_AUTHENTICATORS) throw new TooManyAuthenticators();
  return randomId();
}

/** @returns the id of the user's number, which is added as unverified if it is new. */
function phoneToEnroll(
  account: Account,
  phone: EnrollmentRequest['phone'],
  countries: readonly string[],
  unitOfWork: UnitOfWork,
  now: Date,
): string {
  if (phone === null) throw new PhoneNumberNotFound();
  const own = account.phones.find((one) =>
    'id' in phone ? one.id === phone.id : one.number === phone.number.number,
  );
  const named = own ?? ('number' in phone ? phone.number : null);
  if (named === null) throw new PhoneNumberNotFound();
  if (!countries.includes(named.country)) throw new PhoneNumberNotAllowed(countries);
  if (own !== undefined) return own.id;
  const id = newAuthenticator(account);
  unitOfWork.insert('phone_number', {
    id,
    tenant_id: account.tenantId,
    user_id: account.id,
    number: named.number,
    country: named.country,
    second_factor: false,
    created_at: now,
    verified_at: null,
  });
  return id;
}

function withPhone(account: Account, phone: EnrollmentRequest['phone'], id: string): Account {
  if (phone === null || 'id' in phone || account.phones.some((one) => one.id === id)) return account;
  const added = { id, ...phone.number, secondFactor: false, verified: false };
  return { ...account, phones: [...account.phones, added] };
}
