// What the configuration must not be in production.
import { isLoopback } from './loopback.ts';
import type { Environment } from './variables.ts';

/** A publicly known key for development. Production refuses it. */
export const DEVELOPMENT_KEY = Buffer.from('stepgate development key, secret');

/** Finds development defaults that would be insecure, or would not work, in production. */
export function developmentDefaults(env: Environment, given: ReadonlySet<string>): string[] {
  const missing: readonly [boolean, string][] = [
    [
      !given.has('DATABASE_URL'),
      'DATABASE_URL must be set in production. The embedded PostgreSQL is for development only.',
    ],
    [!given.has('PUBLIC_URL'), 'PUBLIC_URL must be set in production. It is the issuer of every token.'],
    [
      env.PUBLIC_URL?.startsWith('http://') === true && !isLoopback(env.PUBLIC_URL),
      'PUBLIC_URL must start with https:// in production. Otherwise cookies and tokens are sent unencrypted.',
    ],
    [
      env.LINK_URL?.startsWith('http://') === true && !isLoopback(env.LINK_URL),
      'LINK_URL must start with https:// in production. Otherwise an attacker who alters the page can approve in the visitor’s name.',
    ],
    ...(['PASSKEY_ENROLL_URL', 'PASSKEY_MANAGE_URL', 'CHANGE_PASSWORD_URL'] as const).map(
      (name): [boolean, string] => [
        env[name]?.startsWith('http://') === true && !isLoopback(env[name]),
        `${name} must start with https:// in production. Otherwise an attacker can alter the page.`,
      ],
    ),
    [
      !given.has('SECRET_KEYS') || env.SECRET_KEYS?.some((key) => DEVELOPMENT_KEY.equals(key)) === true,
      'SECRET_KEYS must be set in production to your own keys. The development key is public.',
    ],
    [
      !given.has('SMTP_URL'),
      'SMTP_URL must be set in production. The development inbox shows all codes to everyone.',
    ],
    [
      env.TWILIO_API_URL?.startsWith('http://') === true && !isLoopback(env.TWILIO_API_URL),
      'TWILIO_API_URL must start with https:// in production. Otherwise codes and the auth token are sent unencrypted.',
    ],
    [
      env.BREACHED_PASSWORDS_URL?.startsWith('http://') === true && !isLoopback(env.BREACHED_PASSWORDS_URL),
      'BREACHED_PASSWORDS_URL must start with https:// in production. Otherwise an attacker who alters the responses decides which passwords are accepted.',
    ],
    [
      !given.has('MAIL_FROM'),
      'MAIL_FROM must be set in production. Mail from localhost is likely to be rejected.',
    ],
  ];
  return missing.filter(([isMissing]) => isMissing).map(([, mistake]) => mistake);
}
