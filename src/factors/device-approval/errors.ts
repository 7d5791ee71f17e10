// The expected failures of device approvals.
import { UserError } from '../../platform/user-error.ts';

/** The device has not answered yet, or is not enrolled yet. No attempt is counted. */
export class DeviceNotApproved extends UserError {
  static readonly description =
    'The device has not approved the request yet, or has not been enrolled yet. No attempt was counted.';
  readonly code = 'DEVICE_NOT_APPROVED';
  constructor() {
    super('Approve the request on your device first. If it has expired, request a new one.');
  }
}

/** The address that enrolls a device is unknown, expired or used. */
export class DeviceEnrollmentExpired extends UserError {
  static readonly description =
    'The address that enrolls a device is unknown, expired or already used. The error does not say which.';
  readonly code = 'DEVICE_ENROLLMENT_EXPIRED';
  constructor() {
    super('This address no longer enrolls a device. Start again where you scanned it.');
  }
}

/** The device is unknown, was removed, or its signature is wrong. */
export class DeviceNotRecognized extends UserError {
  static readonly description =
    'The device is unknown or was removed, its enrollment is not complete, or the signature is wrong. The error does not say which.';
  readonly code = 'DEVICE_NOT_RECOGNIZED';
  constructor() {
    super('This device is not recognized. Complete its enrollment, or enroll it again.');
  }
}

/** The signed time is too far from the server's. The device corrects its clock by `serverTime`, and asks again. */
export class DeviceClockWrong extends UserError {
  static readonly description =
    'The signed time differs from the server’s by more than a minute. Sign again with the time in `serverTime`.';
  readonly code = 'DEVICE_CLOCK_WRONG';
  readonly serverTime: Date;
  constructor(serverTime: Date) {
    super('The clock of this device is wrong.');
    this.serverTime = serverTime;
  }
}

/** The request is not one of this device, or is answered, replaced or expired. */
export class ApprovalRequestExpired extends UserError {
  static readonly description =
    'The request is unknown, expired, already answered or replaced by a newer one, or it is for another device. The error does not say which.';
  readonly code = 'APPROVAL_REQUEST_EXPIRED';
  constructor() {
    super('This request is no longer valid. Go back to where you made it and request a new one.');
  }
}

/** The number is not the one that is shown where the user signs in. The request has ended. */
export class NumberIncorrect extends UserError {
  static readonly description =
    'The number is not the one that is shown where the request was made. Nothing was approved, and the request has ended.';
  readonly code = 'NUMBER_INCORRECT';
  constructor() {
    super(
      'Incorrect number. If you made the request yourself, make a new one and type the number that it shows.',
    );
  }
}
