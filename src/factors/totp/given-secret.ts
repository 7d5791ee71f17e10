// Reads a TOTP secret from another system, so that its user can keep their authenticator app. Only the usual parameters
// are supported: HMAC-SHA-1, six digits, 30 seconds.
import { createGuardrails, generateSync } from 'otplib';

/** Secrets of Google Authenticator have 80 bits. RFC 4226 section 4 requires 128, and ours have 160. */
const LEAST_BYTES = 10;
const MOST_BYTES = 64;

/** The limits for otplib. */
export const SECRETS_OF_OTHERS = createGuardrails({
  MIN_SECRET_BYTES: LEAST_BYTES,
  MAX_SECRET_BYTES: MOST_BYTES,
});

/** The secret cannot be imported. The message says why, without repeating the secret. */
export class TotpSecretError extends Error {
  override readonly name = 'TotpSecretError';
}

/**
 * @param text base32, or an `otpauth://` URI.
 * @returns the secret in normalised base32, as it is stored.
 * @throws {TotpSecretError}
 */
export function readTotpSecret(text: string): string {
  const isUri = /^otpauth:/i.test(text.trim());
  return readBase32(isUri ? secretOfUri(text.trim()) : text);
}

function readBase32(text: string): string {
  const secret = text.replaceAll(/[\s-]|=+$/g, '').toUpperCase();
  if (!/^[A-Z2-7]+$/.test(secret)) {
    throw new TotpSecretError('The TOTP secret must be base32 or an otpauth:// URI.');
  }
  const bytes = Math.floor((secret.length * 5) / 8);
  if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
    throw new TotpSecretError(`A TOTP secret must have ${LEAST_BYTES * 8} to ${MOST_BYTES * 8} bits.`);
  }
  try {
    generateSync({ secret, epoch: 0, guardrails: SECRETS_OF_OTHERS });
  } catch {
    throw new TotpSecretError('The TOTP secret is not valid base32.');
  }
  return secret;
}

/** The supported parameters of a key URI. A missing parameter has the usual value. */
const ONLY = {
  algorithm: { form: /^(Hmac)?SHA-?1$/i, usual: 'SHA1', name: 'the algorithm SHA1' },
  digits: { form: /^6$/, usual: '6', name: '6 digits' },
  period: { form: /^30$/, usual: '30', name: 'a period of 30 seconds' },
} as const;

/** @throws {TotpSecretError} */
export function requireUsualTotp(
  parts: {
    readonly [Part in keyof typeof ONLY]?: string | null | undefined;
  },
): void {
  for (const [part, { form, usual, name }] of Object.entries(ONLY)) {
    const given = parts[part as keyof typeof ONLY] ?? usual;
    if (!form.test(given)) {
      throw new TotpSecretError(`Only TOTP with ${name} is supported. Set up this authenticator app again.`);
    }
  }
}

function secretOfUri(text: string): string {
  const uri = URL.parse(text);
  const secret = uri?.searchParams.get('secret');
  if (!uri || !secret) throw new TotpSecretError('The otpauth:// URI has no secret.');
  if (uri.host.toLowerCase() !== 'totp') {
    throw new TotpSecretError(
      'Only TOTP is supported, not counter-based codes. Set up this authenticator app again.',
    );
  }
  const { searchParams } = uri;
  requireUsualTotp({
    algorithm: searchParams.get('algorithm'),
    digits: searchParams.get('digits'),
    period: searchParams.get('period'),
  });
  return secret;
}
