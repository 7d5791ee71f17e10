// Enrolls a passkey (WebAuthn Level 3 section 7.1). The challenge is derived from the id of the new authenticator, which is
// random and belongs to one workflow, so nothing about it is stored. Attestation is asked for only where a tenant lists the
// models that it accepts. A statement that comes unasked is dropped unread.
import { sql as raw } from 'kysely';
import type { PasskeySettings } from '../../config/settings.ts';
import { jsonText } from '../../persistence/jsonb.ts';
import { statement } from '../../persistence/statement.ts';
import { keyedDigest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { FACTOR_TRAITS, FactorKind } from '../../policy/factor-kind.ts';
import { authenticatorRow, confirmAuthenticatorRow } from '../authenticator-row.ts';
import { REJECTED, type Verdict, type VerificationRequest } from '../factor.ts';
import type { FactorEnrollment } from '../factor-enrollment.ts';
import { certificatesOf, isTrusted } from './attestation.ts';
import { type Credential, identityOf, isOnlyWayIn, passkeysAmong, userHandleOf } from './credential.ts';
import { ALGORITHMS, webauthn, webauthnHelpers } from './library.ts';
import type { TrustedMakers } from './metadata.ts';
import { creationOptions } from './options.ts';
import { clientDataOf, type RegistrationResponse } from './response.ts';

const factor = FactorKind.PASSKEY;

/** A COSE key of RSA with 4096 bits has about 530. A longer one would only cost time. */
const LONGEST_KEY_BYTES = 1024;

export function passkeyEnrollment(ring: KeyRing, settings: PasskeySettings): FactorEnrollment {
  return {
    hint: () => null,
    isChallengedByMaterial: true,
    begin(unitOfWork, { id, userId, label, now }) {
      const unproved = { id, userId, factor, label, secret: '', createdAt: now, confirmedAt: null };
      unitOfWork.insert('authenticator', authenticatorRow(unproved));
      return { secret: '', data: null };
    },
    material: ({ id }, shownAs, account) =>
      creationOptions(settings, challengeOf(ring, id, ring.newest.id), account, shownAs),
    confirm: confirmAuthenticatorRow,
  };
}

/** 256 bits that nobody else can know before the workflow shows them. */
function challengeOf(ring: KeyRing, authenticatorId: string, keyId: string): string {
  const made = keyedDigest(ring, 'passkey', `registration:${authenticatorId}`, keyId);
  return Buffer.from(made).toString('base64url');
}

interface Trust {
  readonly ring: KeyRing;
  readonly settings: PasskeySettings;
  readonly makers: TrustedMakers;
}

export async function verifyRegistration(
  { ring, settings, makers }: Trust,
  proof: RegistrationResponse,
  { enrolling, account, authenticators, now }: VerificationRequest,
): Promise<Verdict> {
  const isPending = authenticators.some((one) => one.id === enrolling && one.data === null);
  if (enrolling === null || account === null || !isPending) return REJECTED;
  const isChallenge = (challenge: string) =>
    ring.ids.some((keyId) => challengeOf(ring, enrolling, keyId) === challenge);
  const { passkeyModels: models } = account;
  const created = await verifyCreation(settings, proof, {
    isChallenge,
    isAccepted:
      models && ((aaguid, chain) => models.includes(aaguid) && isTrusted(makers, aaguid, chain, now)),
  });
  const isKnown = passkeysAmong(account.authenticators).some(
    ({ credential }) => credential.credentialId === created?.credentialId,
  );
  if (created === null || isKnown) return REJECTED;
  // Without verification it could never be the only step of a sign-in.
  if (isOnlyWayIn(account) && !created.verifiesUser) return REJECTED;
  const credential: Credential = { ...created, userHandle: userHandleOf(account) };
  const { tenantId } = account;
  const values = { id: enrolling, tenantId, digest: identityOf(credential.credentialId) };
  return {
    accepted: true,
    enrolledAt: null,
    consume: (unitOfWork) =>
      unitOfWork.requireWrite(REGISTER({ ...values, data: jsonText<object>(credential) })),
    // The flag of user verification is not signed here, so a registration proves possession only.
    categories: FACTOR_TRAITS[factor].categories,
    amr: [credential.backupEligible ? 'swk' : 'hwk', 'user'],
  };
}

interface Accepting {
  isChallenge(challenge: string): boolean;
  /** Whether this model is accepted, with these certificates. Null when any model is, without certificates. */
  readonly isAccepted: ((aaguid: string, certificates: readonly Uint8Array[]) => boolean) | null;
}

/** The new credential. Null when the response does not answer this challenge at one of the origins. */
async function verifyCreation(
  { rpId, origins }: PasskeySettings,
  proof: RegistrationResponse,
  { isChallenge, isAccepted }: Accepting,
): Promise<Omit<Credential, 'userHandle'> | null> {
  const clientData = clientDataOf(proof);
  if (clientData === null || clientData.crossOrigin === true) return null;
  const { verifyRegistrationResponse } = await webauthn();
  const { response, id, rawId, type } = proof;
  try {
    const { attestationObject: sent } = response;
    const certificates = isAccepted && (await certificatesOf(sent));
    if (isAccepted !== null && certificates === null) return null;
    const attestationObject = isAccepted === null ? await withoutStatement(sent) : sent;
    const { verified, registrationInfo: info } = await verifyRegistrationResponse({
      response: {
        id,
        rawId,
        type,
        response: { ...response, attestationObject },
        clientExtensionResults: {},
      } as never,
      expectedChallenge: isChallenge,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: false,
      supportedAlgorithmIDs: [...ALGORITHMS],
    });
    if (!verified || info.credential.id !== id) return null;
    if (isAccepted?.(info.aaguid, certificates ?? []) === false) return null;
    const { publicKey, counter } = info.credential;
    if (publicKey.length > LONGEST_KEY_BYTES) return null;
    return {
      credentialId: id,
      publicKey: Buffer.from(publicKey).toString('base64url'),
      counter,
      backupEligible: info.credentialDeviceType === 'multiDevice',
      backedUp: info.credentialBackedUp,
      verifiesUser: info.userVerified,
      transports: response.transports ?? [],
      aaguid: info.aaguid === NO_MODEL ? null : info.aaguid,
    };
  } catch {
    // The library throws prose for a response that is not right. There is nothing else in it that could fail.
    return null;
  }
}

const NO_MODEL = '00000000-0000-0000-0000-000000000000';

/** The attestation object with its authenticator data alone (section 8.7). */
async function withoutStatement(attestationObject: string): Promise<string> {
  const { decodeAttestationObject, isoCBOR } = await webauthnHelpers();
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const none = new Map<string, unknown>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', decoded.get('authData')],
  ]);
  return Buffer.from(isoCBOR.encode(none as never)).toString('base64url');
}

interface Registered {
  readonly id: string;
  readonly tenantId: string;
  readonly digest: string;
  readonly data: object;
}

/** A credential that another user of the tenant has breaks the unique index, and nothing is written. */
const REGISTER = statement((sql, { id, tenantId, digest, data }: Registered) =>
  sql
    .updateTable('authenticator')
    .set({ data: raw<object>`cast(${data} as jsonb)`, tenant_id: tenantId, identity_digest: digest })
    .where('id', '=', id)
    .where('identity_digest', 'is', null)
    .returning('id'),
);
