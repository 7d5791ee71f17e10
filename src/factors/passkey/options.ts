// The options with which a browser makes and uses a passkey (WebAuthn Level 3 sections 5.4 and 5.5), in the JSON form that
// `PublicKeyCredential.parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read.
import type { PasskeySettings } from '../../config/settings.ts';
import type { Account, FactorData } from '../account.ts';
import type { ShownAs } from '../factor-enrollment.ts';
import { descriptorOf, isOnlyWayIn, passkeysAmong, userHandleOf } from './credential.ts';
import { ALGORITHMS } from './library.ts';

/** How long a user has to answer. */
export const CHALLENGE_SECONDS = 300;

/**
 * Preferred, not required: without it, a security key that has no PIN still proves possession. What was verified decides
 * what the proof counts for, so nothing depends on this wish.
 */
const USER_VERIFICATION = 'preferred';

export function creationOptions(
  { rpId }: PasskeySettings,
  challenge: string,
  account: Account,
  { issuer, account: name }: ShownAs,
): FactorData {
  return {
    rp: { id: rpId, name: issuer },
    user: { id: userHandleOf(account), name, displayName: account.name ?? name },
    challenge,
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: CHALLENGE_SECONDS * 1000,
    excludeCredentials: passkeysAmong(account.authenticators).map(descriptorOf),
    authenticatorSelection: {
      // A passkey that is stored in the authenticator can start a sign-in without an identifier.
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: isOnlyWayIn(account) ? 'required' : USER_VERIFICATION,
    },
    attestation: account.passkeyModels === null ? 'none' : 'direct',
    extensions: { credProps: true },
  };
}

/** @param account null when the options must not depend on the account. */
export function requestOptions(
  { rpId }: PasskeySettings,
  challenge: string,
  account: Account | null,
): FactorData {
  return {
    challenge,
    rpId,
    timeout: CHALLENGE_SECONDS * 1000,
    userVerification: USER_VERIFICATION,
    allowCredentials: passkeysAmong(account?.authenticators ?? []).map(descriptorOf),
  };
}
