// The expected failures of workflow steps.
import { BreachedUnavailableError } from '../factors/password/breached/breached.ts';
import { OverloadedError } from '../factors/password/hashing-queue.ts';
import { UserError } from '../platform/user-error.ts';
import { READ_AGAIN_SECONDS } from '../policy/waiting-limits.ts';

/** The workflow does not exist, or it belongs to another session. */
export class WorkflowNotFound extends UserError {
  static readonly description = 'The workflow does not exist, or it belongs to another session.';
  readonly code = 'WORKFLOW_NOT_FOUND';
  constructor() {
    super('This workflow does not exist. Start again.');
  }
}

export class WorkflowExpired extends UserError {
  static readonly description = 'The workflow’s deadline has passed. Start a new workflow.';
  readonly code = 'WORKFLOW_EXPIRED';
  constructor() {
    super('This workflow has expired. Start again.');
  }
}

/** The workflow is complete or has failed, so it accepts nothing more. */
export class WorkflowEnded extends UserError {
  static readonly description = 'The workflow is complete or has failed. Start a new workflow.';
  readonly code = 'WORKFLOW_ENDED';
  constructor() {
    super('This workflow has ended. Start again.');
  }
}

/** The factor is not one of the workflow's current `factors`. */
export class FactorNotOffered extends UserError {
  static readonly description = 'The factor is not one of the workflow’s current `factors`.';
  readonly code = 'FACTOR_NOT_OFFERED';
  constructor() {
    super('This factor is not available now. Choose one of the workflow’s `factors`.');
  }
}

/** Depends on the domain of the address, and never on whether there is an account. */
export class ProviderRequired extends UserError {
  static readonly description =
    'Users of this email domain sign in with the identity provider of their organization. Start a sign-in with the email address, which offers that provider.';
  readonly code = 'PROVIDER_REQUIRED';
  constructor() {
    super(
      'Your organization signs in with its own identity provider. Start a sign-in with your email address.',
    );
  }
}

export class ProofRejected extends UserError {
  static readonly brief = 'The proof is incorrect, expired or already used.';
  static readonly description =
    `${ProofRejected.brief} The error does not say which, nor whether the account exists.`;
  readonly code = 'PROOF_REJECTED';
  readonly attemptsRemaining: number;
  constructor(attemptsRemaining: number) {
    super(`Incorrect code or password. ${attemptsRemaining > 0 ? 'Try again.' : 'Start again.'}`);
    this.attemptsRemaining = attemptsRemaining;
  }
}

/** The account has had too many failures in a row, counted across all its workflows. */
export class LockedOut extends UserError {
  static readonly brief =
    'The account has had too many failed attempts in a row. Wait for `retryAfterSeconds`, or ask an administrator to unlock the account.';
  static readonly description =
    'The account has had too many failed attempts in a row, counted across all its workflows. Incorrect passwords and incorrect codes are counted separately, and so are attempts from a device that has signed in before (NIST SP 800-63B-4 section 3.2.2). A lock never affects links, or backup codes of 64 bits or more.';
  readonly code = 'LOCKED_OUT';
  /** Null if the lock does not end by itself. */
  readonly retryAfterSeconds: number | null;
  constructor(retryAfterSeconds: number | null) {
    super(
      retryAfterSeconds === null
        ? 'Too many failed attempts. This lock does not end by itself. Sign in with a link or a backup code, reset your password with a link, use a device that you have signed in on before, or ask an administrator.'
        : 'Too many failed attempts. Wait and start again, or sign in with a link or a backup code.',
    );
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** One network has made too many incorrect guesses or started too many workflows. */
export class TooManyRequests extends UserError {
  static readonly brief =
    'This network made too many incorrect guesses, or started too many workflows, within an hour. Nothing was checked. Try again after `retryAfterSeconds`.';
  static readonly description =
    'This network made too many incorrect guesses, or started too many workflows, within an hour. Nothing was checked. Known devices, signed-in users, links, and backup codes of 64 bits or more are not affected.';
  readonly code = 'TOO_MANY_REQUESTS';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super(
      'Too many attempts from your network. Try again later, use a device that you have signed in on before, or sign in with a link.',
    );
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class TooManyWaiting extends UserError {
  static readonly description =
    'Too many clients wait for this workflow, from this network, or at this server. Read `workflow` from time to time instead.';
  readonly code = 'TOO_MANY_WAITING';
  readonly retryAfterSeconds = READ_AGAIN_SECONDS;
  constructor() {
    super('Too many clients are waiting. Read `workflow` from time to time instead.');
  }
}

export class Overloaded extends UserError {
  static readonly brief =
    'The server is busy. Nothing was checked, and no attempt was counted. Try again after `retryAfterSeconds`.';
  static readonly description = 'The server is busy. Nothing was checked, and no attempt was counted.';
  readonly code = 'OVERLOADED';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('The server is busy. Try again in a moment. No attempt was counted.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** When to try again while the list of breached passwords is unavailable. */
const UNAVAILABLE_SECONDS = 30;

/** Turns what kept a password from being checked or hashed into an error for the client. */
export function orOverloaded(error: unknown): never {
  if (error instanceof BreachedUnavailableError) throw new Overloaded(UNAVAILABLE_SECONDS);
  throw error instanceof OverloadedError ? new Overloaded(error.retryAfterSeconds) : error;
}

/** Sent by this workflow, to this address or number, for this account, or from this network. */
export class TooManyMessages extends UserError {
  static readonly brief =
    'The workflow has sent as many messages as it can, or too many messages were sent within an hour. Use the newest message, or start again later.';
  static readonly description =
    'The message was not sent. This workflow has sent as many as it can, or too many messages were sent to this address or number, for this account or from this network within an hour. For a device that approves: the user did not answer three requests within an hour, or rejected two in a row.';
  readonly code = 'TOO_MANY_MESSAGES';
  /** Null if this workflow cannot send any more messages. A new one can. */
  readonly retryAfterSeconds: number | null;
  constructor(retryAfterSeconds: number | null) {
    super('Too many messages were sent. Use the newest one, or start again later.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The workflow is not waiting for a new password. */
export class NewPasswordNotDue extends UserError {
  static readonly description = 'The workflow is not waiting for a new password.';
  readonly code = 'NEW_PASSWORD_NOT_DUE';
  constructor() {
    super('You cannot choose a new password yet. Prove one of the workflow’s `factors` first.');
  }
}

/** The tenant does not let its users have no password. */
export class PasswordRequired extends UserError {
  static readonly description =
    'Users of this tenant must have a password. `passwordUse` of `settings` says whether they must.';
  readonly code = 'PASSWORD_REQUIRED';
  constructor() {
    super('Choose a password to sign up.');
  }
}

export class TenantNotFound extends UserError {
  static readonly description = 'The tenant does not exist.';
  readonly code = 'TENANT_NOT_FOUND';
  constructor() {
    super('This tenant does not exist. Omit `tenant` to use the default one.');
  }
}

/** The user has no factor that meets the requirement. */
export class EnrollmentRequired extends UserError {
  static readonly description = 'The user has no factor that meets the requirement. Enroll one first.';
  readonly code = 'ENROLLMENT_REQUIRED';
  constructor() {
    super('You have no factor that meets the requirement. Add one with `startEnrollment` first.');
  }
}

export class FactorTooYoung extends UserError {
  static readonly description =
    'All factors that the user could prove were enrolled less than `minFactorAge` seconds ago. Wait until `oldEnoughAt`.';
  readonly code = 'FACTOR_TOO_YOUNG';
  /** When the first of them is old enough. */
  readonly oldEnoughAt: Date;
  constructor(oldEnoughAt: Date) {
    super('Your factors were added too recently for this. Try again later.');
    this.oldEnoughAt = oldEnoughAt;
  }
}

export class FactorNotEnrollable extends UserError {
  static readonly description =
    'Users cannot enroll this factor. `enrollableFactors` of `settings` lists those they can.';
  readonly code = 'FACTOR_NOT_ENROLLABLE';
  constructor(enrollable: readonly string[]) {
    super(`You cannot add this factor. Choose one of: ${enrollable.join(', ')}.`);
  }
}

export class TooManyAuthenticators extends UserError {
  static readonly description = 'The user has the maximum number of authenticators. Remove one first.';
  readonly code = 'TOO_MANY_AUTHENTICATORS';
  constructor() {
    super('You have the maximum number of authenticators. Remove one first.');
  }
}

/** An agent asked for a step-up of its own session. */
export class AgentsCannotStepUp extends UserError {
  static readonly description =
    'An agent never proves a factor, so its session cannot step up. Pass the `operation` that was refused with `bind: OPERATION`, and its user can approve it.';
  readonly code = 'AGENTS_CANNOT_STEP_UP';
  constructor() {
    super('Agents cannot step up. Pass the operation that was refused, so that its user can approve it.');
  }
}

export class TooManyAgentRequests extends UserError {
  static readonly description =
    'Too many requests of this agent, or of all agents of its user, wait for an approval or were not approved within an hour. Wait until the user has answered.';
  readonly code = 'TOO_MANY_AGENT_REQUESTS';
  constructor() {
    super('Too many requests were not approved. Wait until the user has answered, or try again in an hour.');
  }
}

export class AgentRequestEnded extends UserError {
  static readonly description =
    'The request of the agent does not exist, was answered, has expired, or its agent has ended.';
  readonly code = 'AGENT_REQUEST_ENDED';
  constructor() {
    super('This request has ended. Read `agentRequests` again.');
  }
}
