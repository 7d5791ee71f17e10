// Recognises a user by a tenant's rule: by (issuer, name), never by the name alone. The name must be the address that the
// user has verified, so nobody can claim somebody else's certificate by entering their address.
import { CertificateName } from '../../policy/certificate-rule.ts';
import type { Account } from '../account.ts';
import { emailAddress } from '../email/mailbox.ts';
import type { AcceptedCertificate } from './client-certificates.ts';

export function isRecognised(
  { email, certificateRules }: Pick<Account, 'email' | 'certificateRules'>,
  { issuers, names }: AcceptedCertificate,
): boolean {
  if (!email?.verified) return false;
  return certificateRules
    .filter(({ issuer }) => issuers.includes(issuer))
    .flatMap(({ name }) => (name === CertificateName.EMAIL ? names.emails : names.principals))
    .some((written) => emailAddress.safeParse(written).data?.address === email.address);
}

/** Whether a certificate that the user has not enrolled could be theirs. */
export function mayBeRecognised({ email, certificateRules }: Account): boolean {
  return email?.verified === true && certificateRules.length > 0;
}
