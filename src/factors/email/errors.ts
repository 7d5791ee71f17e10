// Why an email address cannot be added, made the primary one, or removed.
import { UserError } from '../../platform/user-error.ts';
import { MOST_EMAIL_ADDRESSES } from '../../policy/authenticator-limit.ts';

/** Another account has verified the address. Raised only after the caller has proved that they read its mail. */
export class EmailAddressTaken extends UserError {
  static readonly description = 'The email address belongs to another account.';
  readonly code = 'EMAIL_ADDRESS_TAKEN';
  constructor() {
    super('This email address belongs to another account. Remove it there first, or merge the two accounts.');
  }
}

export class TooManyEmailAddresses extends UserError {
  static readonly description =
    `The user has ${MOST_EMAIL_ADDRESSES} email addresses, which is the maximum. Remove one first.`;
  readonly code = 'TOO_MANY_EMAIL_ADDRESSES';
  constructor() {
    super(`You have ${MOST_EMAIL_ADDRESSES} email addresses, which is the maximum. Remove one first.`);
  }
}

export class EmailAddressNotVerified extends UserError {
  static readonly description =
    'The user has not proved that they read the mail of this address. Call `addEmailAddress` with it first.';
  readonly code = 'EMAIL_ADDRESS_NOT_VERIFIED';
  constructor() {
    super('Verify this email address first. Add it again to get a new code.');
  }
}

export class PrimaryEmailAddress extends UserError {
  static readonly description =
    'The primary email address cannot be removed. Make another one the primary address first.';
  readonly code = 'PRIMARY_EMAIL_ADDRESS';
  constructor() {
    super('You cannot remove your primary email address. Make another one your primary address first.');
  }
}

export class EmailAddressAlreadyVerified extends UserError {
  static readonly description = 'The email address is already one of the user’s verified addresses.';
  readonly code = 'EMAIL_ADDRESS_ALREADY_VERIFIED';
  constructor() {
    super('This email address is already one of yours.');
  }
}
