// Recognises a user by a tenant's rule: by (issuer, name), never by the name alone. The name must be an address that the
// user has verified, so nobody can claim somebody else's certificate by entering their address.
import { CertificateName } from '../../policy/certificate-rule.ts';
import type { Account } from '../account.ts';
import { emailAddress } from '../email/mailbox.ts';
import type { AcceptedCertificate } from './client-certificates.ts';

export function isRecognised(
  { emails, certificateRules }: Pick<Account, 'emails' | 'certificateRules'>,
  { issuers, names }: AcceptedCertificate,
): boolean {
  const verified = emails.filter((one) => one.verified).map(({ address }) => address);
  return certificateRules
    .filter(({ issuer }) => issuers.includes(issuer))
    .flatMap(({ name }) => (name === CertificateName.EMAIL ? names.emails : names.principals))
    .some((written) => verified.includes(emailAddress.safeParse(written).data?.address ?? ''));
}

/** Whether a certificate that the user has not enrolled could be theirs. */
export function mayBeRecognised({ emails, certificateRules }: Account): boolean {
  return certificateRules.length > 0 && emails.some((one) => one.verified);
}
