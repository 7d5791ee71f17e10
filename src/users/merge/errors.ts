// Why two users are not merged.
import { UserError } from '../../platform/user-error.ts';
import { MOST_AUTHENTICATORS, MOST_EMAIL_ADDRESSES } from '../../policy/authenticator-limit.ts';

/** One of them might protect an account whose owner never gave it to the other one (L6). */
export class BothHaveSecondFactors extends UserError {
  static readonly description =
    'Both users have second factors, so they are not merged. Remove those of the user who ends first.';
  readonly code = 'BOTH_HAVE_SECOND_FACTORS';
  constructor() {
    super(
      'Both accounts have second factors. Sign in to the account that you give up, remove its second factors, and try again.',
    );
  }
}

export class MergeWithRoles extends UserError {
  static readonly description =
    'A merge gives nobody a role: the user who ends has a role that the other one does not have, or an administrator tried to merge users of whom one has a role. Withdraw the role first.';
  readonly code = 'MERGE_WITH_ROLES';
  constructor() {
    super(
      'These accounts cannot be merged because of their roles. Ask an administrator to withdraw them first.',
    );
  }
}

/** Its owner has asked for everything in it to be erased. */
export class DeletionScheduled extends UserError {
  static readonly description =
    'The deletion of one of the two users is scheduled, so they are not merged. Call `cancelDeletion` first.';
  readonly code = 'DELETION_SCHEDULED';
  constructor() {
    super('One of the accounts will be deleted. Sign in to it and cancel the deletion, then try again.');
  }
}

export class MergeTooLarge extends UserError {
  static readonly description =
    `Together, the two users have more than ${MOST_EMAIL_ADDRESSES} email addresses, or more than ${MOST_AUTHENTICATORS} authenticators and phone numbers. Remove some first.`;
  readonly code = 'MERGE_TOO_LARGE';
  constructor() {
    super(
      `Together, the two accounts have more than ${MOST_EMAIL_ADDRESSES} email addresses, or more than ${MOST_AUTHENTICATORS} authenticators and phone numbers. Remove some first.`,
    );
  }
}
