// Where password managers and browsers look for what they need to know about passkeys and passwords of this server.
import type { ServerResponse } from 'node:http';
import type { WellKnownSettings } from '../config/settings.ts';
import { json } from './answers.ts';

const CACHED_SECONDS = 3600;

type Serve = (response: ServerResponse) => Promise<void>;

/** What is served at a path. Undefined when nothing is configured for it. */
export function wellKnown(settings: WellKnownSettings, path: string): Serve | undefined {
  const { relatedOrigins, enrollPasskeyUrl, managePasskeysUrl, changePasswordUrl } = settings;
  switch (path) {
    // Other sites whose pages may use the passkeys of this one (WebAuthn Level 3, section 5.11).
    case '/.well-known/webauthn':
      return relatedOrigins.length === 0 ? undefined : cached({ origins: relatedOrigins });
    // Where a user adds and manages passkeys (W3C, A Well-Known URL for Relying Party Passkey Endpoints).
    case '/.well-known/passkey-endpoints':
      return enrollPasskeyUrl === null && managePasskeysUrl === null
        ? undefined
        : cached({
            ...(enrollPasskeyUrl !== null && { enroll: enrollPasskeyUrl }),
            ...(managePasskeysUrl !== null && { manage: managePasskeysUrl }),
          });
    // Where a user changes the password (W3C, A Well-Known URL for Changing Passwords).
    case '/.well-known/change-password':
      return changePasswordUrl === null
        ? undefined
        : async (response) => void response.writeHead(302, { location: changePasswordUrl }).end();
    default:
      return undefined;
  }
}

function cached(body: object): Serve {
  return async (response) => {
    response.setHeader('cache-control', `public, max-age=${CACHED_SECONDS}`);
    json(response, 200, body);
  };
}
