// Checks the answer of an enrolled passkey (WebAuthn Level 3 section 7.2). The library checks the signature, the origin and
// the RP ID. What it lets pass, or reports in prose only, is checked here.
import { sql as raw } from 'kysely';
import type { PasskeySettings } from '../../config/settings.ts';
import { jsonText } from '../../persistence/jsonb.ts';
import { statement } from '../../persistence/statement.ts';
import { Category, categoriesWhenVerified, FACTOR_TRAITS, FactorKind } from '../../policy/factor-kind.ts';
import { consume, openChallenge } from '../challenge.ts';
import { REJECTED, type Rejected, type Verdict, type VerificationRequest } from '../factor.ts';
import { signedApproval } from './approval.ts';
import { type Credential, type Passkey, passkeysAmong } from './credential.ts';
import { webauthn } from './library.ts';
import { type AuthenticationResponse, clientDataOf } from './response.ts';

/** The signature is right, but the counter says that another copy of the key has made one since. */
const COPIED: Rejected = {
  accepted: false,
  alarm: { audit: 'passkey.counter-went-back', notice: { name: 'passkey-copied' } },
};

export async function verifyAssertion(
  settings: PasskeySettings,
  proof: AuthenticationResponse,
  request: VerificationRequest,
): Promise<Verdict> {
  const challenge = openChallenge(request);
  const passkey = passkeysAmong(request.authenticators).find(
    ({ credential }) => credential.credentialId === proof.id,
  );
  if (challenge === null || passkey === undefined || !namesUser(proof, passkey, request)) return REJECTED;
  const signed = await verifySignature(settings, String(challenge.request?.['challenge']), proof, passkey);
  if (signed === null) return REJECTED;
  const { credential } = passkey;
  // Eligibility never changes (section 6.1.3). A change means that another key answered.
  if (signed.backupEligible !== credential.backupEligible) return REJECTED;
  if (!increases(credential.counter, signed.counter)) return COPIED;
  const mayInitialize = request.provedBefore.includes(Category.KNOWLEDGE);
  const verifiesUser = credential.verifiesUser || (signed.userVerified && mayInitialize);
  const used = { counter: signed.counter, backedUp: signed.backedUp, verifiesUser };
  return {
    accepted: true,
    enrolledAt: passkey.enrolledAt,
    consume(unitOfWork) {
      consume(challenge, request.now)(unitOfWork);
      unitOfWork.requireWrite(
        USE({ id: passkey.id, counter: signed.counter, used: jsonText<object>(used), now: request.now }),
      );
    },
    categories:
      signed.userVerified && verifiesUser
        ? categoriesWhenVerified(FactorKind.PASSKEY)
        : FACTOR_TRAITS[FactorKind.PASSKEY].categories,
    amr: [signed.backupEligible ? 'swk' : 'hwk', 'user'],
    approval: signedApproval(settings, proof, credential),
  };
}

/** If the user was not known before, the user handle must be present (section 7.2 step 6). */
function namesUser(
  { response }: AuthenticationResponse,
  { credential }: Passkey,
  { identifies }: VerificationRequest,
): boolean {
  return response.userHandle == null ? !identifies : response.userHandle === credential.userHandle;
}

interface Signed {
  readonly counter: number;
  readonly userVerified: boolean;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

/** What the authenticator signed. Null when it signed nothing that this challenge, origin and key allow. */
async function verifySignature(
  { rpId, origins }: PasskeySettings,
  challenge: string,
  proof: AuthenticationResponse,
  { credential }: Passkey,
): Promise<Signed | null> {
  const clientData = clientDataOf(proof);
  if (clientData === null || clientData.crossOrigin === true) return null;
  const { verifyAuthenticationResponse } = await webauthn();
  const { response, id, rawId, type } = proof;
  try {
    const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId,
        type,
        response: { ...response, userHandle: undefined },
        clientExtensionResults: {},
      } as never,
      expectedChallenge: challenge,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      // What was verified decides what the proof counts for.
      requireUserVerification: false,
      // The library compares counters before it checks the signature. With 0, it leaves the comparison to us.
      credential: { id, publicKey: bytesOf(credential), counter: 0 },
    });
    if (!verified) return null;
    return {
      counter: info.newCounter,
      userVerified: info.userVerified,
      backupEligible: info.credentialDeviceType === 'multiDevice',
      backedUp: info.credentialBackedUp,
    };
  } catch {
    // The library throws prose for a response that is not right. There is nothing else in it that could fail.
    return null;
  }
}

function bytesOf({ publicKey }: Credential): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(publicKey, 'base64url'));
}

/** Section 7.2 step 22: either counter is above 0 only when the authenticator counts. */
function increases(before: number, after: number): boolean {
  return (before === 0 && after === 0) || after > before;
}

interface Use {
  readonly id: string;
  readonly counter: number;
  /** What changes of the credential. */
  readonly used: object;
  readonly now: Date;
}

/** Of two answers that were signed with the same counter, one wins. */
const USE = statement((sql, { id, counter, used, now }: Use) =>
  sql
    .updateTable('authenticator')
    .set({ data: raw<object>`data || cast(${used} as jsonb)`, last_used_at: now })
    .where('id', '=', id)
    .where(
      raw<boolean>`((data ->> 'counter')::bigint < ${counter}::bigint or ${counter}::bigint = 0 and (data ->> 'counter')::bigint = 0)`,
    )
    .returning('id'),
);
