// Where passkeys are used: the domain that they belong to, and the origins of the pages that may use them (WebAuthn Level 3
// section 5.11). Browsers offer passkeys in secure contexts only: HTTPS, or this machine by the name localhost.
import { isIP } from 'node:net';
import type { PasskeySettings } from './settings.ts';

interface PasskeyEnvironment {
  readonly PASSKEY_RP_ID?: string;
  readonly PASSKEY_ORIGINS?: readonly string[];
}

/** Null when passkeys cannot be used at the public URL, and no other place is configured. */
export function passkeySettings(env: PasskeyEnvironment, publicUrl: string): PasskeySettings | null {
  const { hostname } = new URL(publicUrl);
  const rpId = env.PASSKEY_RP_ID ?? hostname;
  if (isIP(rpId.replaceAll(/[[\]]/g, '')) !== 0) return null;
  const origins = [...new Set([publicUrl, ...(env.PASSKEY_ORIGINS ?? [])])].filter(isSecure);
  return origins.length === 0 ? null : { rpId, origins };
}

/** Finds settings that browsers would refuse. */
export function passkeyMistakes(env: PasskeyEnvironment, publicUrl: string): string[] {
  const mistakes: string[] = [];
  if (env.PASSKEY_ORIGINS?.some((origin) => !isSecure(origin)) === true)
    mistakes.push('PASSKEY_ORIGINS must start with https://, except for http://localhost.');
  const { PASSKEY_RP_ID: rpId } = env;
  const hosts = [publicUrl, ...(env.PASSKEY_ORIGINS ?? [])].map((origin) => new URL(origin).hostname);
  if (rpId !== undefined && !hosts.some((host) => host === rpId || host.endsWith(`.${rpId}`)))
    mistakes.push(
      'PASSKEY_RP_ID must be the host of PUBLIC_URL or of one of PASSKEY_ORIGINS, or a domain above it.',
    );
  return mistakes;
}

function isSecure(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' || hostname === 'localhost';
}
