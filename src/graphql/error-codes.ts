// The expected failures by their codes, which the schema lists.

import {
  DnsUnavailable,
  DomainNotProved,
  DomainNotTested,
  DomainRefused,
  DomainTaken,
  ExemptionRefused,
  ProviderNotForDomains,
  TooManyDomains,
} from '../domains/errors.ts';
import { TooManyExports } from '../export/my-data.ts';
import { CertificateRefused, CertificateTaken } from '../factors/certificate/errors.ts';
import {
  ApprovalRequestExpired,
  DeviceClockWrong,
  DeviceEnrollmentExpired,
  DeviceNotApproved,
  DeviceNotRecognized,
  NumberIncorrect,
} from '../factors/device-approval/errors.ts';
import {
  EmailAddressAlreadyVerified,
  EmailAddressNotVerified,
  EmailAddressTaken,
  PrimaryEmailAddress,
  TooManyEmailAddresses,
} from '../factors/email/errors.ts';
import { LastWayIn } from '../factors/last-way-in.ts';
import { LinkExpired } from '../factors/link/approval.ts';
import { LinkNotApproved } from '../factors/link/link.ts';
import {
  IdentityNotLinked,
  IdentityTaken,
  ProviderNotFound,
  ProviderUnavailable,
  ReturnNotAllowed,
} from '../factors/oauth/errors.ts';
import { TooManyChecks } from '../factors/password/check-limit.ts';
import { PasswordRejected } from '../factors/password/new-passwords.ts';
import { PhoneNumberNotAllowed, PhoneNumberNotFound, PhoneNumberTaken } from '../factors/phone/errors.ts';
import { Conflict } from '../persistence/unit-of-work.ts';
import type { UserError } from '../platform/user-error.ts';
import { RefreshTokenRejected, RoleNotHeld, TooManyAgents } from '../sessions/errors.ts';
import { LastAdministrator } from '../users/deletion.ts';
import {
  BothHaveSecondFactors,
  DeletionScheduled,
  MergeTooLarge,
  MergeWithRoles,
} from '../users/merge/errors.ts';
import {
  AgentRequestEnded,
  AgentsCannotStepUp,
  EnrollmentRequired,
  FactorNotEnrollable,
  FactorNotOffered,
  FactorTooYoung,
  LockedOut,
  NewPasswordNotDue,
  Overloaded,
  PasswordRequired,
  ProofRejected,
  ProviderRequired,
  TenantNotFound,
  TooManyAgentRequests,
  TooManyAuthenticators,
  TooManyMessages,
  TooManyRequests,
  TooManyWaiting,
  WorkflowEnded,
  WorkflowExpired,
  WorkflowNotFound,
} from '../workflows/errors.ts';
import { InvalidInput, NotFound } from './input.ts';

/** The class behind each code. It describes itself. */
export const ERRORS = errorsByCode({
  INVALID_INPUT: InvalidInput,
  NOT_FOUND: NotFound,
  TENANT_NOT_FOUND: TenantNotFound,
  PASSWORD_REQUIRED: PasswordRequired,
  PASSWORD_REJECTED: PasswordRejected,
  WORKFLOW_NOT_FOUND: WorkflowNotFound,
  WORKFLOW_EXPIRED: WorkflowExpired,
  WORKFLOW_ENDED: WorkflowEnded,
  FACTOR_NOT_OFFERED: FactorNotOffered,
  FACTOR_NOT_ENROLLABLE: FactorNotEnrollable,
  PROOF_REJECTED: ProofRejected,
  LOCKED_OUT: LockedOut,
  OVERLOADED: Overloaded,
  CONFLICT: Conflict,
  TOO_MANY_MESSAGES: TooManyMessages,
  TOO_MANY_REQUESTS: TooManyRequests,
  TOO_MANY_CHECKS: TooManyChecks,
  TOO_MANY_EXPORTS: TooManyExports,
  TOO_MANY_WAITING: TooManyWaiting,
  CERTIFICATE_REFUSED: CertificateRefused,
  CERTIFICATE_TAKEN: CertificateTaken,
  PROVIDER_UNAVAILABLE: ProviderUnavailable,
  PROVIDER_NOT_FOUND: ProviderNotFound,
  PROVIDER_REQUIRED: ProviderRequired,
  RETURN_NOT_ALLOWED: ReturnNotAllowed,
  IDENTITY_NOT_LINKED: IdentityNotLinked,
  IDENTITY_TAKEN: IdentityTaken,
  DOMAIN_REFUSED: DomainRefused,
  DOMAIN_NOT_PROVED: DomainNotProved,
  DOMAIN_TAKEN: DomainTaken,
  DOMAIN_NOT_TESTED: DomainNotTested,
  EXEMPTION_REFUSED: ExemptionRefused,
  DNS_UNAVAILABLE: DnsUnavailable,
  TOO_MANY_DOMAINS: TooManyDomains,
  PROVIDER_NOT_FOR_DOMAINS: ProviderNotForDomains,
  LINK_NOT_APPROVED: LinkNotApproved,
  LINK_EXPIRED: LinkExpired,
  DEVICE_NOT_APPROVED: DeviceNotApproved,
  DEVICE_ENROLLMENT_EXPIRED: DeviceEnrollmentExpired,
  DEVICE_NOT_RECOGNIZED: DeviceNotRecognized,
  DEVICE_CLOCK_WRONG: DeviceClockWrong,
  APPROVAL_REQUEST_EXPIRED: ApprovalRequestExpired,
  NUMBER_INCORRECT: NumberIncorrect,
  NEW_PASSWORD_NOT_DUE: NewPasswordNotDue,
  PHONE_NUMBER_NOT_ALLOWED: PhoneNumberNotAllowed,
  PHONE_NUMBER_NOT_FOUND: PhoneNumberNotFound,
  PHONE_NUMBER_TAKEN: PhoneNumberTaken,
  EMAIL_ADDRESS_ALREADY_VERIFIED: EmailAddressAlreadyVerified,
  EMAIL_ADDRESS_NOT_VERIFIED: EmailAddressNotVerified,
  EMAIL_ADDRESS_TAKEN: EmailAddressTaken,
  PRIMARY_EMAIL_ADDRESS: PrimaryEmailAddress,
  TOO_MANY_EMAIL_ADDRESSES: TooManyEmailAddresses,
  LAST_WAY_IN: LastWayIn,
  BOTH_HAVE_SECOND_FACTORS: BothHaveSecondFactors,
  MERGE_WITH_ROLES: MergeWithRoles,
  MERGE_TOO_LARGE: MergeTooLarge,
  DELETION_SCHEDULED: DeletionScheduled,
  TOO_MANY_AUTHENTICATORS: TooManyAuthenticators,
  ENROLLMENT_REQUIRED: EnrollmentRequired,
  FACTOR_TOO_YOUNG: FactorTooYoung,
  REFRESH_TOKEN_REJECTED: RefreshTokenRejected,
  LAST_ADMINISTRATOR: LastAdministrator,
  ROLE_NOT_HELD: RoleNotHeld,
  TOO_MANY_AGENTS: TooManyAgents,
  AGENTS_CANNOT_STEP_UP: AgentsCannotStepUp,
  TOO_MANY_AGENT_REQUESTS: TooManyAgentRequests,
  AGENT_REQUEST_ENDED: AgentRequestEnded,
});

export interface ErrorClass<Code extends string = string> {
  new (...args: never[]): UserError & { readonly code: Code };
  /** What the error's type means. */
  readonly description: string;
  /** What its code means, where that says less. */
  readonly brief?: string;
}

/** Checks that each class has the code that it is listed under. */
function errorsByCode<const Errors extends { readonly [Code in keyof Errors]: ErrorClass<Code & string> }>(
  errors: Errors,
): Errors {
  return errors;
}
