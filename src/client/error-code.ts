// The codes of a failed step, as types: the schema's `ErrorCode`, and what a client adds.

/** The values of the schema's `ErrorCode`. Newer servers can have others. */
export type ErrorCode =
  | 'AGENTS_CANNOT_STEP_UP'
  | 'AGENT_REQUEST_ENDED'
  | 'APPROVAL_REQUEST_EXPIRED'
  | 'BOTH_HAVE_SECOND_FACTORS'
  | 'CERTIFICATE_REFUSED'
  | 'CERTIFICATE_TAKEN'
  | 'CONFLICT'
  | 'DELETION_SCHEDULED'
  | 'DEVICE_CLOCK_WRONG'
  | 'DEVICE_ENROLLMENT_EXPIRED'
  | 'DEVICE_NOT_APPROVED'
  | 'DEVICE_NOT_RECOGNIZED'
  | 'EMAIL_ADDRESS_ALREADY_VERIFIED'
  | 'EMAIL_ADDRESS_NOT_VERIFIED'
  | 'EMAIL_ADDRESS_TAKEN'
  | 'ENROLLMENT_REQUIRED'
  | 'FACTOR_NOT_ENROLLABLE'
  | 'FACTOR_NOT_OFFERED'
  | 'FACTOR_TOO_YOUNG'
  | 'IDENTITY_NOT_LINKED'
  | 'IDENTITY_TAKEN'
  | 'INVALID_INPUT'
  | 'LAST_ADMINISTRATOR'
  | 'LAST_WAY_IN'
  | 'LINK_EXPIRED'
  | 'LINK_NOT_APPROVED'
  | 'LOCKED_OUT'
  | 'MERGE_TOO_LARGE'
  | 'MERGE_WITH_ROLES'
  | 'NEW_PASSWORD_NOT_DUE'
  | 'NOT_FOUND'
  | 'NUMBER_INCORRECT'
  | 'OVERLOADED'
  | 'PASSWORD_REJECTED'
  | 'PASSWORD_REQUIRED'
  | 'PHONE_NUMBER_NOT_ALLOWED'
  | 'PHONE_NUMBER_NOT_FOUND'
  | 'PHONE_NUMBER_TAKEN'
  | 'PRIMARY_EMAIL_ADDRESS'
  | 'PROOF_REJECTED'
  | 'PROVIDER_NOT_FOUND'
  | 'PROVIDER_UNAVAILABLE'
  | 'REFRESH_TOKEN_REJECTED'
  | 'RETURN_NOT_ALLOWED'
  | 'ROLE_NOT_HELD'
  | 'TENANT_NOT_FOUND'
  | 'TOO_MANY_AGENTS'
  | 'TOO_MANY_AGENT_REQUESTS'
  | 'TOO_MANY_AUTHENTICATORS'
  | 'TOO_MANY_CHECKS'
  | 'TOO_MANY_EMAIL_ADDRESSES'
  | 'TOO_MANY_EXPORTS'
  | 'TOO_MANY_MESSAGES'
  | 'TOO_MANY_REQUESTS'
  | 'TOO_MANY_WAITING'
  | 'WORKFLOW_ENDED'
  | 'WORKFLOW_EXPIRED'
  | 'WORKFLOW_NOT_FOUND';

/** Why a request was refused as a whole. */
export type RefusalCode = 'UNAUTHENTICATED' | 'STEP_UP_REQUIRED' | 'ENROLLMENT_REQUIRED' | 'FORBIDDEN';

/** Why `passkey()` has no proof. */
export type PasskeyErrorCode =
  | 'PASSKEY_CANCELLED'
  | 'PASSKEY_EXISTS'
  | 'PASSKEY_UNSUPPORTED'
  | 'PASSKEY_FAILED';

/** Why `returnFromProvider` has no proof. */
export type ProviderErrorCode = 'PROVIDER_CANCELLED' | 'PROVIDER_FAILED';

/** The code of a failed step. `CANCELLED`: the application has cancelled it. `UNAVAILABLE`: the server has failed. */
export type StepUpErrorCode =
  | ErrorCode
  | RefusalCode
  | PasskeyErrorCode
  | ProviderErrorCode
  | 'CANCELLED'
  | 'UNAVAILABLE'
  | (string & Record<never, never>);
