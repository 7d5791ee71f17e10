// A passkey authenticator in software, for the demo and the tests. It answers as the browser's `toJSON()` does (WebAuthn
// Level 3, sections 5.1.8 and 5.1.9), and everything that it says can be forged: flags, counter, origin, user handle. It
// keeps its keys in memory and verifies nobody, so it must never stand in for an authenticator of a user.
import { createHash, type KeyObject } from 'node:crypto';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import {
  type Algorithm,
  algorithmFor,
  ES256,
  newPasskey,
  type SoftwarePasskey,
  signedBy,
} from './software-passkey.ts';

/** The key and certificates of a model of authenticators, the certificate of the key first. */
export interface AttestationKey {
  readonly privateKey: KeyObject;
  readonly certificates: readonly Uint8Array[];
}

/** What an authenticator says in each response. Give it to the constructor, or to one call to forge one response. */
export interface Saying {
  /** Of the page that asks. */
  readonly origin: string;
  /** The flag UP. */
  readonly userPresent: boolean;
  /** The flag UV. */
  readonly userVerified: boolean;
  /** The flag BE: whether the passkey may be synchronized. */
  readonly backupEligible: boolean;
  /** The flag BS: whether it is. */
  readonly backedUp: boolean;
  /** The model, as a UUID. */
  readonly aaguid: string;
  /** How the model is attested when the options ask for it: not, by the new key itself, or by the maker's key. */
  readonly attestation: 'none' | 'self' | AttestationKey;
}

/** What can be forged besides, in one response. */
export interface Forgery extends Partial<Saying> {
  /** The signature counter. By default 0 at the registration, and one more at each use. */
  readonly counter?: number;
  readonly rpId?: string;
  readonly challenge?: string;
  /** `type` in the client data. */
  readonly type?: string;
  readonly crossOrigin?: boolean;
  /** Base64url. Null leaves it out. */
  readonly userHandle?: string | null;
  /** The algorithm of the new key, whether the options list it or not. */
  readonly algorithm?: Algorithm;
  /** Which passkey answers, whether the options allow it or not. */
  readonly passkey?: SoftwarePasskey;
  /** Signs instead of the passkey's key. */
  readonly signWith?: KeyObject;
}

const DEFAULTS: Omit<Saying, 'origin'> = {
  userPresent: true,
  userVerified: true,
  backupEligible: false,
  backedUp: false,
  aaguid: '00000000-0000-0000-0000-000000000000',
  attestation: 'none',
};

export class SoftwareAuthenticator {
  readonly #saying: Saying;
  /** Oldest first. */
  readonly passkeys: SoftwarePasskey[] = [];

  constructor(saying: Partial<Saying> & Pick<Saying, 'origin'>) {
    this.#saying = { ...DEFAULTS, ...saying };
  }

  /** Registers a passkey, as `navigator.credentials.create()`. */
  create(options: PublicKeyCredentialCreationOptionsJSON, forgery: Forgery = {}): RegistrationResponseJSON {
    const saying = { ...this.#saying, ...forgery };
    const excluded = options.excludeCredentials?.some(({ id }) => this.#find(id) !== undefined);
    if (excluded)
      throw new Error('InvalidStateError: This authenticator has a passkey for this user already.');
    const passkey = newPasskey(
      forgery.algorithm ?? algorithmFor(options),
      forgery.rpId ?? options.rp.id ?? new URL(saying.origin).hostname,
      options.user.id,
    );
    passkey.counter = forgery.counter ?? 0;
    this.passkeys.push(passkey);

    const credentialId = Buffer.from(passkey.id, 'base64url');
    const authenticatorData = Buffer.concat([
      header(passkey.rpId, passkey.counter, saying, ATTESTED_CREDENTIAL_DATA),
      Buffer.from(saying.aaguid.replaceAll('-', ''), 'hex'),
      uint16(credentialId.length),
      credentialId,
      passkey.publicKey,
    ]);
    const clientData = clientDataOf('webauthn.create', options.challenge, saying);
    const isAsked = options.attestation !== undefined && options.attestation !== 'none';
    const attestation = forgery.attestation ?? (isAsked ? saying.attestation : 'none');
    const attestationObject = isoCBOR.encode(
      new Map<string, Parameters<typeof isoCBOR.encode>[0]>([
        ['fmt', attestation === 'none' ? 'none' : 'packed'],
        ['attStmt', statement(attestation, signedBytes(authenticatorData, clientData), passkey, forgery)],
        ['authData', new Uint8Array(authenticatorData)],
      ]),
    );
    return {
      id: passkey.id,
      rawId: passkey.id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: base64url(attestationObject),
        authenticatorData: authenticatorData.toString('base64url'),
        publicKey: passkey.spki,
        publicKeyAlgorithm: passkey.algorithm,
        transports: ['internal'],
      },
    };
  }

  /** Answers with a passkey, as `navigator.credentials.get()`: an allowed one, or the newest of this site. */
  get(options: PublicKeyCredentialRequestOptionsJSON, forgery: Forgery = {}): AuthenticationResponseJSON {
    const saying = { ...this.#saying, ...forgery };
    const passkey = forgery.passkey ?? this.#choose(options, new URL(saying.origin).hostname);
    if (passkey === undefined) throw new Error('NotAllowedError: This authenticator has no passkey for it.');
    passkey.counter = forgery.counter ?? passkey.counter + 1;

    const authenticatorData = header(forgery.rpId ?? passkey.rpId, passkey.counter, saying);
    const clientData = clientDataOf('webauthn.get', options.challenge, saying);
    const signature = signedBy(
      forgery.signWith ?? passkey.privateKey,
      signedBytes(authenticatorData, clientData),
    );
    const userHandle = forgery.userHandle === undefined ? passkey.userHandle : forgery.userHandle;
    return {
      id: passkey.id,
      rawId: passkey.id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(userHandle !== null && { userHandle }),
      },
    };
  }

  #find(id: string): SoftwarePasskey | undefined {
    return this.passkeys.find((one) => one.id === id);
  }

  #choose(
    { allowCredentials = [], rpId }: PublicKeyCredentialRequestOptionsJSON,
    host: string,
  ): SoftwarePasskey | undefined {
    const allowed = allowCredentials.flatMap(({ id }) => this.#find(id) ?? []);
    const mine = this.passkeys.filter((one) => one.rpId === (rpId ?? host));
    return allowCredentials.length > 0 ? allowed[0] : mine.at(-1);
  }
}

const ATTESTED_CREDENTIAL_DATA = 0x40;

/** The beginning of authenticator data (WebAuthn section 6.1): hash of the RP ID, flags, counter. */
function header(rpId: string, counter: number, saying: Saying, more = 0): Buffer {
  const flags =
    (saying.userPresent ? 0x01 : 0) |
    (saying.userVerified ? 0x04 : 0) |
    (saying.backupEligible ? 0x08 : 0) |
    (saying.backedUp ? 0x10 : 0) |
    more;
  const counted = Buffer.alloc(4);
  counted.writeUInt32BE(counter);
  return Buffer.concat([sha256(rpId), Buffer.from([flags]), counted]);
}

function clientDataOf(type: string, asked: string, saying: Saying & Forgery): Buffer {
  const { challenge = asked, origin, crossOrigin = false } = saying;
  return Buffer.from(JSON.stringify({ type: saying.type ?? type, challenge, origin, crossOrigin }));
}

function signedBytes(authenticatorData: Buffer, clientData: Buffer): Buffer {
  return Buffer.concat([authenticatorData, sha256(clientData)]);
}

/** The attestation statement (WebAuthn section 8.2, or 8.7 for none). */
function statement(
  attestation: Saying['attestation'],
  signed: Buffer,
  passkey: SoftwarePasskey,
  { signWith }: Forgery,
): Map<string, number | Uint8Array | Uint8Array[]> {
  const made = new Map<string, number | Uint8Array | Uint8Array[]>();
  if (attestation === 'none') return made;
  const { algorithm, privateKey } = attestation === 'self' ? passkey : { ...attestation, algorithm: ES256 };
  made.set('alg', algorithm).set('sig', new Uint8Array(signedBy(signWith ?? privateKey, signed)));
  return attestation === 'self' ? made : made.set('x5c', [...attestation.certificates]);
}

function base64url(data: Uint8Array): string {
  return Buffer.from(data).toString('base64url');
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
