// A TOTP secret that another system made, so that its user's authenticator app goes on working. Apps know several kinds;
// only the one that we verify is taken in: HMAC-SHA-1, six digits, 30 seconds.
import { createGuardrails, generateSync } from 'otplib';

/** Google Authenticator's secrets have 80 bits; RFC 4226 section 4 wants 128, and ours have 160. */
const LEAST_BYTES = 10;
const MOST_BYTES = 64;

/** What otplib is to accept. */
export const SECRETS_OF_OTHERS = createGuardrails({
  MIN_SECRET_BYTES: LEAST_BYTES,
  MAX_SECRET_BYTES: MOST_BYTES,
});

/** The secret cannot be taken in. The message says why, and does not repeat it. */
export class TotpSecretRefused extends Error {
  override readonly name = 'TotpSecretRefused';
}

/**
 * @param text base32, or an `otpauth://` URI.
 * @returns the secret in base32, in the one form in which it is stored.
 * @throws {TotpSecretRefused}
 */
export function readTotpSecret(text: string): string {
  const isUri = /^otpauth:/i.test(text.trim());
  return readBase32(isUri ? secretOfUri(text.trim()) : text);
}

function readBase32(text: string): string {
  const secret = text.replaceAll(/[\s-]|=+$/g, '').toUpperCase();
  if (!/^[A-Z2-7]+$/.test(secret)) {
    throw new TotpSecretRefused('Give a TOTP secret in base32, or an otpauth:// URI.');
  }
  const bytes = Math.floor((secret.length * 5) / 8);
  if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
    throw new TotpSecretRefused(`A TOTP secret has from ${LEAST_BYTES * 8} to ${MOST_BYTES * 8} bits.`);
  }
  try {
    generateSync({ secret, epoch: 0, guardrails: SECRETS_OF_OTHERS });
  } catch {
    throw new TotpSecretRefused('This is no base32 that a TOTP secret could be written in.');
  }
  return secret;
}

/** The parts of a key URI, of which an absent one has the value that everybody uses. */
const ONLY = {
  algorithm: { form: /^(Hmac)?SHA-?1$/i, usual: 'SHA1', name: 'the algorithm SHA1' },
  digits: { form: /^6$/, usual: '6', name: '6 digits' },
  period: { form: /^30$/, usual: '30', name: 'a period of 30 seconds' },
} as const;

/** @throws {TotpSecretRefused} */
export function requireUsualTotp(
  parts: {
    readonly [Part in keyof typeof ONLY]?: string | null | undefined;
  },
): void {
  for (const [part, { form, usual, name }] of Object.entries(ONLY)) {
    const given = parts[part as keyof typeof ONLY] ?? usual;
    if (!form.test(given)) {
      throw new TotpSecretRefused(`Only TOTP with ${name} is taken in: enroll this app anew.`);
    }
  }
}

function secretOfUri(text: string): string {
  const uri = URL.parse(text);
  const secret = uri?.searchParams.get('secret');
  if (!uri || !secret) throw new TotpSecretRefused('The otpauth:// URI has no secret.');
  if (uri.host.toLowerCase() !== 'totp') {
    throw new TotpSecretRefused('Only TOTP is taken in, no counter-based codes: enroll this app anew.');
  }
  const { searchParams } = uri;
  requireUsualTotp({
    algorithm: searchParams.get('algorithm'),
    digits: searchParams.get('digits'),
    period: searchParams.get('period'),
  });
  return secret;
}
