// Turns the credentials of an imported record into the rows that store them: password hash, TOTP secrets, backup codes.
import { authenticatorRow } from '../factors/authenticator-row.ts';
import { backupCodeDigest, isGuessable } from '../factors/backup-codes/backup-code.ts';
import { LegacyHashError } from '../factors/password/legacy-hash/scheme.ts';
import { readLegacyHash } from '../factors/password/legacy-hash/schemes.ts';
import { sealLegacyHash } from '../factors/password/stored-legacy.ts';
import { readOwnHash } from '../factors/password/stored-own.ts';
import { sealSecret } from '../factors/sealed-secret.ts';
import type { Row } from '../persistence/unit-of-work.ts';
import { keyIdOfDigest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import { FactorKind } from '../policy/factor-kind.ts';
import type { App } from './left-behind.ts';
import { RecordError } from './refusal.ts';

export interface Owner {
  readonly ring: KeyRing;
  readonly userId: string;
  readonly createdAt: Date;
}

/** A Stepgate hash with a higher cost was not made by Stepgate, and would keep the server busy for minutes. */
const HIGHEST_OWN_COST = 16;

/** @throws {RecordError} */
export function passwordRow(hash: string, acceptFastHashes: boolean, owner: Owner): Row<'authenticator'> {
  const id = randomId();
  const secret = hash.startsWith('$stepgate-')
    ? ownHash(hash, owner.ring)
    : sealLegacyHash(owner.ring, id, legacyHash(hash, acceptFastHashes));
  return proved({ id, factor: FactorKind.PASSWORD, secret }, owner);
}

export function totpRow({ secret, label }: App, owner: Owner): Row<'authenticator'> {
  const id = randomId();
  return proved({ id, factor: FactorKind.TOTP, label, secret: sealSecret(owner.ring, id, secret) }, owner);
}

/** @param keepsId whether the record brings the user id to which its digests are bound. @throws {RecordError} */
export function backupCodeRows(
  codes: readonly string[],
  keepsId: boolean,
  owner: Owner,
): Row<'backup_code'>[] {
  const read = codes.map((code, at) => backupCode(code, `backupCodes.${at}`, keepsId, owner));
  const digests = read.map(({ digest }) => digest);
  const twice = digests.findIndex((digest, at) => digests.indexOf(digest) !== at);
  if (twice >= 0) throw new RecordError(`backupCodes.${twice}`, 'This code appears twice.');
  return read.map((code) => ({
    id: randomId(),
    user_id: owner.userId,
    ...code,
    created_at: owner.createdAt,
    used_at: null,
  }));
}

/** Imported credentials count as confirmed: they were confirmed in the source system. */
function proved(
  authenticator: {
    readonly id: string;
    readonly factor: FactorKind;
    readonly label?: string | null;
    readonly secret: string;
  },
  { userId, createdAt }: Owner,
): Row<'authenticator'> {
  return authenticatorRow({ ...authenticator, userId, createdAt, confirmedAt: createdAt });
}

function ownHash(hash: string, ring: KeyRing): string {
  const own = readOwnHash(hash);
  if (own === null || own.cost < 4 || own.cost > HIGHEST_OWN_COST) {
    throw new RecordError('passwordHash', 'This is not a valid Stepgate hash.');
  }
  requireKey(own.keyId, ring, 'passwordHash', 'This hash');
  return hash;
}

function legacyHash(hash: string, acceptFastHashes: boolean): string {
  try {
    const { scheme, text, isFast } = readLegacyHash(hash);
    if (isFast && !acceptFastHashes) {
      throw new RecordError(
        'passwordHash',
        `${scheme} hashes are fast to guess. To import them anyway, use --accept-fast-hashes, or acceptFastHashes in the API.`,
      );
    }
    return text;
  } catch (error) {
    if (error instanceof LegacyHashError) throw new RecordError('passwordHash', error.message);
    throw error;
  }
}

/** NIST SP 800-63B-4 section 3.1.2 requires at least six digits for a look-up secret. */
const PLAIN_CODE = /^[\p{L}\p{N}](?:[\s\p{Pd}]*[\p{L}\p{N}]){5,}$/u;

function backupCode(
  code: string,
  path: string,
  keepsId: boolean,
  { ring, userId }: Owner,
): { readonly digest: string; readonly guessable: boolean } {
  const keyId = keyIdOfDigest(code);
  if (keyId !== null) {
    requireKey(keyId, ring, path, 'This digest');
    if (!keepsId) {
      throw new RecordError(path, 'A backup code digest is bound to its user. Add the `id` of the user.');
    }
    return { digest: code, guessable: true }; // the length of the code is unknown
  }
  if (PLAIN_CODE.test(code))
    return { digest: backupCodeDigest(ring, userId, code), guessable: isGuessable(code) };
  throw new RecordError(
    path,
    'A backup code must have at least six letters or digits. Besides these, only hyphens and spaces are allowed.',
  );
}

function requireKey(keyId: string, ring: KeyRing, path: string, what: string): void {
  if (ring.ids.includes(keyId)) return;
  throw new RecordError(
    path,
    `${what} was made with key ${keyId}, which is not in SECRET_KEYS. Add the key at the end of SECRET_KEYS.`,
  );
}
