// By which name in a certificate a tenant recognises its users, authority by authority. Without a rule, only enrolled
// keys count.

/** A name in the subject alternative name: an email address, or a user principal name. */
export const CertificateName = { EMAIL: 'EMAIL', UPN: 'UPN' } as const;
export type CertificateName = (typeof CertificateName)[keyof typeof CertificateName];

export interface CertificateRule {
  readonly name: CertificateName;
  /** SHA-256 of the authority's certificate, in upper case with colons. */
  readonly issuer: string;
}

/** The form in which operators write a rule: `EMAIL:3F:A2:…`. Null for anything else. */
export function readCertificateRule(text: string): CertificateRule | null {
  const [, name = '', digits = ''] = /^([A-Z]+):([\dA-Fa-f:]+)$/.exec(text) ?? [];
  const pairs = digits.replaceAll(':', '').toUpperCase().match(/../g) ?? [];
  const issuer = pairs.join(':');
  // Either no colons, or one between each two digits.
  const isWhole = [issuer, pairs.join('')].includes(digits.toUpperCase()) && pairs.length === 32;
  return isWhole && Object.hasOwn(CertificateName, name) ? { name: name as CertificateName, issuer } : null;
}

export function writtenRule({ name, issuer }: CertificateRule): string {
  return `${name}:${issuer}`;
}
