// Passkeys (WebAuthn Level 3): a key in an authenticator that signs a challenge for one origin, so its proof cannot be given
// to another site. It proves possession, and with user verification a second category.
import type { PasskeySettings } from '../../config/settings.ts';
import { addSeconds } from '../../platform/clock.ts';
import { digest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomToken } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { defineFactor, REJECTED } from '../factor.ts';
import { jsonProof } from '../proof.ts';
import { approvalChallenge, verifyPasskeyApproval } from './approval.ts';
import { verifyAssertion } from './assertion.ts';
import { type Credential, identityOf, passkeysAmong } from './credential.ts';
import type { TrustedMakers } from './metadata.ts';
import { modelNamed } from './models.ts';
import { CHALLENGE_SECONDS, requestOptions } from './options.ts';
import { passkeyEnrollment, verifyRegistration } from './registration.ts';
import { readResponse } from './response.ts';
import { passkeyTransfer } from './transfer.ts';

const factor = FactorKind.PASSKEY;

interface Services {
  readonly ring: KeyRing;
  readonly passkeys: PasskeySettings | null;
  readonly makers: TrustedMakers;
}

export const passkeyFactor = defineFactor({
  kind: factor,
  description:
    'A passkey (WebAuthn). Possession; with user verification, a second category as well, so that it can be the only step of a sign-in.',
  name: { en: 'A passkey', de: 'ein Passkey' },
  proofs: [
    jsonProof({
      name: 'passkey',
      description:
        'What `toJSON()` of the browser’s `PublicKeyCredential` returns: an AuthenticationResponseJSON for `challenge.request`, or in an enrollment, a RegistrationResponseJSON for `material`.',
      parse: readResponse,
    }),
  ],
  verifyApproval: verifyPasskeyApproval,
  roles: ['FIRST', 'SECOND'],
  reaches: null,
  identifies: true,
  transfer: passkeyTransfer,
  model: (data) => modelNamed((data as Credential).aaguid),
  isOnOffer: ({ passkeys }: Services) => passkeys !== null,
  create({ ring, passkeys: settings, makers }: Services) {
    if (settings === null) throw new Error('Passkeys are not on offer.');
    return {
      // One choice for all of them: the browser lets the user choose.
      options({ authenticators }) {
        const passkeys = passkeysAmong(authenticators);
        if (passkeys.length === 0) return [];
        const hint = passkeys.length === 1 ? (passkeys[0]?.label ?? null) : null;
        return [{ factor, authenticatorId: null, hint, needsPreparing: true }];
      },
      prepare({ workflowId, challengeId, account, operationDigest, isFirst, now }) {
        const challenge =
          operationDigest === null
            ? randomToken()
            : approvalChallenge({ operationDigest, workflowId, nonce: challengeId });
        return {
          digest: digest(challenge),
          expiresAt: addSeconds(now, CHALLENGE_SECONDS),
          message: null,
          request: requestOptions(settings, challenge, isFirst ? null : account),
        };
      },
      async verify(proof, request) {
        if (request.enrolling === null)
          return proof.is === 'AUTHENTICATION' ? verifyAssertion(settings, proof, request) : REJECTED;
        return proof.is === 'REGISTRATION'
          ? verifyRegistration({ ring, settings, makers }, proof, request)
          : REJECTED;
      },
      identityDigest: (proof) =>
        proof.is === 'AUTHENTICATION' && proof.response.userHandle != null ? identityOf(proof.id) : null,
      enrollment: passkeyEnrollment(ring, settings),
    };
  },
});
