// Why a phone number cannot be enrolled.
import { UserError } from '../../platform/user-error.ts';

/** Another account has verified the number. Raised only after the caller has proved that they hold it. */
export class PhoneNumberTaken extends UserError {
  static readonly description = 'The phone number belongs to another account.';
  readonly code = 'PHONE_NUMBER_TAKEN';
  constructor() {
    super(
      'This phone number belongs to another account. Remove it there first, or contact an administrator.',
    );
  }
}

/** Text messages are not sent to the country of this number. */
export class PhoneNumberNotAllowed extends UserError {
  static readonly description =
    'Text messages are not sent to this country. `phoneCountries` of `settings` lists the supported countries.';
  readonly code = 'PHONE_NUMBER_NOT_ALLOWED';
  constructor(countries: readonly string[]) {
    super(`Text messages can only be sent to numbers in these countries: ${countries.join(', ')}.`);
  }
}

/** No number was given, or the user has no number with this id. */
export class PhoneNumberNotFound extends UserError {
  static readonly description = 'No phone number was given, or the user has no phone number with this id.';
  readonly code = 'PHONE_NUMBER_NOT_FOUND';
  constructor() {
    super('Set `phoneNumber`, or set `phoneNumberId` to the id of one of your numbers.');
  }
}
