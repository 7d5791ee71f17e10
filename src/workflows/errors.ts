// The expected failures of a workflow's steps.
import { UserError } from '../platform/user-error.ts';

/** No such workflow, or one that belongs to another session. */
export class WorkflowNotFound extends UserError {
  readonly code = 'WORKFLOW_NOT_FOUND';
  constructor() {
    super('There is no such workflow. Start again.');
  }
}

export class WorkflowExpired extends UserError {
  readonly code = 'WORKFLOW_EXPIRED';
  constructor() {
    super('This took too long. Start again.');
  }
}

/** The workflow is complete, or failed: it takes nothing more. */
export class WorkflowEnded extends UserError {
  readonly code = 'WORKFLOW_ENDED';
  constructor() {
    super('This workflow has ended. Start again.');
  }
}

/** A factor that is not among the workflow's `factors` now. */
export class FactorNotOffered extends UserError {
  readonly code = 'FACTOR_NOT_OFFERED';
  constructor() {
    super('This factor cannot be proved here now. Choose one of the workflow’s `factors`.');
  }
}

export class ProofRejected extends UserError {
  readonly code = 'PROOF_REJECTED';
  readonly attemptsRemaining: number;
  constructor(attemptsRemaining: number) {
    super(attemptsRemaining > 0 ? 'That is not right. Try again.' : 'That is not right. Start again.');
    this.attemptsRemaining = attemptsRemaining;
  }
}

/** Too many failures in a row for this account, whichever workflow they were made in. */
export class LockedOut extends UserError {
  readonly code = 'LOCKED_OUT';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('Too many failed attempts. Wait, then start again.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class Overloaded extends UserError {
  readonly code = 'OVERLOADED';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('The server is busy. Try again in a moment; no attempt was counted.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class TooManyMessages extends UserError {
  readonly code = 'TOO_MANY_MESSAGES';
  constructor() {
    super('Too many messages were sent for this workflow. Start again later.');
  }
}

export class TenantNotFound extends UserError {
  readonly code = 'TENANT_NOT_FOUND';
  constructor() {
    super('There is no such tenant. Leave `tenant` out for the default one.');
  }
}

/** The password does not meet the policy. The message says why and how to mend it. */
export class PasswordRejected extends UserError {
  readonly code = 'PASSWORD_REJECTED';
}

/** The user has no factor that would do. */
export class EnrollmentRequired extends UserError {
  readonly code = 'ENROLLMENT_REQUIRED';
  constructor() {
    super('You have no factor that would do. Add one with `startEnrollment` first.');
  }
}

export class FactorNotEnrollable extends UserError {
  readonly code = 'FACTOR_NOT_ENROLLABLE';
  constructor(enrollable: readonly string[]) {
    super(`This factor cannot be added. Choose one of: ${enrollable.join(', ')}.`);
  }
}

export class TooManyAuthenticators extends UserError {
  readonly code = 'TOO_MANY_AUTHENTICATORS';
  constructor() {
    super('You have as many authenticators as one user may have. Remove one first.');
  }
}
