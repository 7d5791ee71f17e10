// What is stored of a passkey: the credential record of WebAuthn Level 3 section 4. Nothing in it is secret, so it is in
// `authenticator.data`, and the secret is empty.
import { digest } from '../../platform/digest.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { Account, FactorData, StoredAuthenticator } from '../account.ts';

/** A type alias, so that it is assignable to `FactorData`. */
export type Credential = {
  /** Base64url, as all bytes here. */
  readonly credentialId: string;
  /** A COSE key (RFC 9053). */
  readonly publicKey: string;
  /** The user handle that the authenticator returns. Imported passkeys have that of the other system. */
  readonly userHandle: string;
  /** The newest signature counter (section 6.1.1). Always 0 for most synced passkeys. */
  readonly counter: number;
  /** Whether the passkey can be backed up. This never changes (section 6.1.3). */
  readonly backupEligible: boolean;
  /** Whether it was backed up when it was last used. */
  readonly backedUp: boolean;
  /**
   * Whether user verification counts: `uvInitialized` in section 4. Anyone who finds a security key without a PIN can set
   * one, so it does not count until another factor has been proved beside it.
   */
  readonly verifiesUser: boolean;
  /** How browsers can reach the authenticator. */
  readonly transports: readonly string[];
  /** The model of the authenticator. Null when it is not known. */
  readonly aaguid: string | null;
};

export interface Passkey {
  readonly id: string;
  readonly label: string | null;
  readonly credential: Credential;
}

/** The user's passkeys that count, or only those among the given authenticators. */
export function passkeysAmong(authenticators: readonly StoredAuthenticator[]): Passkey[] {
  return authenticators.flatMap(({ id, factor, label, data, confirmed }) =>
    factor === FactorKind.PASSKEY && confirmed && data !== null
      ? [{ id, label, credential: data as Credential }]
      : [],
  );
}

/** The descriptor by which a browser finds the passkey (section 5.8.3). */
export function descriptorOf({ credential: { credentialId, transports } }: Passkey): FactorData {
  return { type: 'public-key', id: credentialId, transports };
}

/** Finds the passkey within its tenant. Credential ids can be long, so their digest is indexed. */
export function identityOf(credentialId: string): string {
  return digest(credentialId);
}

/** Whether a passkey is all that the user can sign in with: there is no address to which anything could be sent. */
export function isOnlyWayIn({ email, phones }: Account): boolean {
  return email === null && phones.length === 0;
}

/** The handle of a user: the 16 bytes of the id. It says nothing about the user (section 14.6.1). */
export function userHandleOf({ id }: Pick<Account, 'id'>): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}
