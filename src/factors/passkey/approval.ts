// The challenge of a passkey that approves one operation is a digest of the operation, the workflow and a nonce, so that the
// signature shows later what was approved. The workflow's id is a digest of a token of 256 random bits, and the nonce is
// random, so nobody can know the challenge before it is shown.
import { z } from 'zod';
import type { PasskeySettings } from '../../config/settings.ts';
import { digest } from '../../platform/digest.ts';
import type { FactorData } from '../account.ts';
import type { ApprovalFindings, Commitment } from '../approval-record.ts';
import type { Credential } from './credential.ts';
import { webauthn } from './library.ts';
import type { AuthenticationResponse } from './response.ts';

const VERSION = 'stepgate approval 1';

/** SHA-256, in base64url. The members are JSON strings, so none can run into the next one. */
export function approvalChallenge({ operationDigest, workflowId, nonce }: Commitment): string {
  return digest(JSON.stringify([VERSION, operationDigest, workflowId, nonce]));
}

/** All bytes are in base64url. */
const approval = z.object({
  rpId: z.string(),
  credentialId: z.string(),
  /** A COSE key. */
  publicKey: z.string(),
  clientDataJSON: z.string(),
  authenticatorData: z.string(),
  signature: z.string(),
});

export function signedApproval(
  { rpId }: PasskeySettings,
  { response }: AuthenticationResponse,
  { credentialId, publicKey }: Credential,
): z.infer<typeof approval> {
  const { clientDataJSON, authenticatorData, signature } = response;
  return { rpId, credentialId, publicKey, clientDataJSON, authenticatorData, signature };
}

/** Verifies the record of an approval as any verifier could (WebAuthn Level 3, section 7.2), without the server. */
export async function verifyPasskeyApproval(
  signed: FactorData,
  commitment: Commitment,
): Promise<ApprovalFindings> {
  const { success, data } = approval.safeParse(signed);
  if (!success) return { problems: ['The record is not one of a passkey.'], facts: {} };
  const { rpId, credentialId, publicKey, ...response } = data;
  const { challenge, origin } = clientDataOf(response.clientDataJSON);
  const facts = { origin, 'RP ID': rpId, 'credential id': credentialId, 'public key (COSE)': publicKey };
  if (challenge !== approvalChallenge(commitment))
    return { problems: ['The signed challenge does not belong to this operation.'], facts };
  const verification = await verifySignature(data, challenge, origin);
  if (verification?.verified !== true)
    return { problems: ['The signature does not belong to this public key.'], facts };
  const { userVerified } = verification.authenticationInfo;
  return { problems: [], facts: { ...facts, 'user verification': userVerified ? 'yes' : 'no' } };
}

/** @param origin any: the server has compared it with its own, and whoever reads the facts can do it again. */
async function verifySignature(
  { rpId, credentialId: id, publicKey, ...response }: z.infer<typeof approval>,
  expectedChallenge: string,
  origin: string,
) {
  const { verifyAuthenticationResponse } = await webauthn();
  return verifyAuthenticationResponse({
    response: { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} },
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: false,
    credential: { id, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')), counter: 0 },
  }).catch(() => null);
}

const clientData = z.object({ challenge: z.string(), origin: z.string() });

function clientDataOf(clientDataJSON: string): z.infer<typeof clientData> {
  try {
    return clientData.parse(JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8')));
  } catch {
    return { challenge: '', origin: '' };
  }
}
