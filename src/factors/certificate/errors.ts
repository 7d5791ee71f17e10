// Why a certificate proves nothing. The reasons lie in the certificate alone and say nothing about any account.
import { UserError } from '../../platform/user-error.ts';
import type { Fault } from './path.ts';

const MESSAGES: Readonly<Record<Fault | 'MISSING', string>> = {
  MISSING:
    'No client certificate arrived with this request. Insert your smart card, or choose a certificate, and try again.',
  UNTRUSTED:
    'Your certificate was not issued by an authority that this server trusts. Use another certificate.',
  NOT_YET_VALID: 'Your certificate is not valid yet. Use another certificate.',
  EXPIRED: 'Your certificate has expired. Use another certificate.',
  WRONG_PURPOSE: 'Your certificate is not meant for signing in. Use another certificate.',
  REVOKED: 'Your certificate has been revoked. Use another certificate.',
  REVOCATION_UNKNOWN:
    'The server cannot find out whether your certificate has been revoked. Try again later, or contact an administrator.',
};

/** The request carries no certificate, or one that is not valid. */
export class CertificateRefused extends UserError {
  static readonly description =
    'The request carries no client certificate, or one that is not valid. The message says why. It does not depend on the account, and no attempt is counted.';
  readonly code = 'CERTIFICATE_REFUSED';
  constructor(fault: Fault | 'MISSING') {
    super(MESSAGES[fault]);
  }
}

/** Raised only after the caller has proved that they have the key. */
export class CertificateTaken extends UserError {
  static readonly description = 'The key of this certificate is already enrolled, by you or by another user.';
  readonly code = 'CERTIFICATE_TAKEN';
  constructor() {
    super(
      'The key of this certificate is already enrolled. Use another certificate, or remove it from the account that has it.',
    );
  }
}
