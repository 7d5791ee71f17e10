// What the server publishes under `/.well-known/` for browsers and password managers.
import type { PasskeySettings, WellKnownSettings } from './settings.ts';

interface WellKnownEnvironment {
  readonly PASSKEY_ENROLL_URL?: string;
  readonly PASSKEY_MANAGE_URL?: string;
  readonly CHANGE_PASSWORD_URL?: string;
}

export function wellKnownSettings(
  env: WellKnownEnvironment,
  passkeys: PasskeySettings | null,
): WellKnownSettings {
  return {
    relatedOrigins: passkeys?.origins.filter((origin) => !isWithin(origin, passkeys.rpId)) ?? [],
    enrollPasskeyUrl: env.PASSKEY_ENROLL_URL ?? null,
    managePasskeysUrl: env.PASSKEY_MANAGE_URL ?? null,
    changePasswordUrl: env.CHANGE_PASSWORD_URL ?? null,
  };
}

/** Browsers accept the pages of the domain itself without being told. */
function isWithin(origin: string, domain: string): boolean {
  const { hostname } = new URL(origin);
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
