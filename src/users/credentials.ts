// What proves who a user is, out of a record and in the form in which it is stored: a password hash, TOTP secrets, backup
// codes.
import { authenticatorRow } from '../factors/authenticator-row.ts';
import { backupCodeDigest, isGuessable } from '../factors/backup-codes/backup-code.ts';
import { ForeignHashRefused } from '../factors/password/foreign/scheme.ts';
import { readForeignHash } from '../factors/password/foreign/schemes.ts';
import { sealForeignHash } from '../factors/password/stored-foreign.ts';
import { readOwnHash } from '../factors/password/stored-own.ts';
import { sealSecret } from '../factors/sealed-secret.ts';
import type { Row } from '../persistence/settlement.ts';
import { keyIdOfDigest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import { FactorKind } from '../policy/factor-kind.ts';
import type { App } from './left-behind.ts';
import { RecordRefused } from './refusal.ts';

export interface Owner {
  readonly ring: KeyRing;
  readonly userId: string;
  readonly createdAt: Date;
}

/** A hash of ours that costs more was not made by us, and would keep the server busy for minutes. */
const HIGHEST_OWN_COST = 16;

/** @throws {RecordRefused} */
export function passwordRow(hash: string, acceptFastHashes: boolean, owner: Owner): Row<'authenticator'> {
  const id = randomId();
  const secret = hash.startsWith('$stepgate-')
    ? ownHash(hash, owner.ring)
    : sealForeignHash(owner.ring, id, foreignHash(hash, acceptFastHashes));
  return proved({ id, factor: FactorKind.PASSWORD, secret }, owner);
}

export function totpRow({ secret, label }: App, owner: Owner): Row<'authenticator'> {
  const id = randomId();
  return proved({ id, factor: FactorKind.TOTP, label, secret: sealSecret(owner.ring, id, secret) }, owner);
}

/** @param keepsId whether the user has the id to which a digest is bound. @throws {RecordRefused} */
export function backupCodeRows(
  codes: readonly string[],
  keepsId: boolean,
  owner: Owner,
): Row<'backup_code'>[] {
  const read = codes.map((code, at) => backupCode(code, `backupCodes.${at}`, keepsId, owner));
  const digests = read.map(({ digest }) => digest);
  const twice = digests.findIndex((digest, at) => digests.indexOf(digest) !== at);
  if (twice >= 0) throw new RecordRefused(`backupCodes.${twice}`, 'This code is here twice.');
  return read.map((code) => ({
    id: randomId(),
    user_id: owner.userId,
    ...code,
    created_at: owner.createdAt,
    used_at: null,
  }));
}

/** It was proved where it comes from. */
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
    throw new RecordRefused('passwordHash', 'This is not a hash as Stepgate exports one.');
  }
  requireKey(own.keyId, ring, 'passwordHash', 'This hash');
  return hash;
}

function foreignHash(hash: string, acceptFastHashes: boolean): string {
  try {
    const { scheme, text, isFast } = readForeignHash(hash);
    if (isFast && !acceptFastHashes) {
      throw new RecordRefused(
        'passwordHash',
        `A hash of the scheme ${scheme} is guessed fast. It is taken in only when you accept fast hashes.`,
      );
    }
    return text;
  } catch (error) {
    if (error instanceof ForeignHashRefused) throw new RecordRefused('passwordHash', error.message);
    throw error;
  }
}

/** Six symbols of a code of digits are the least that NIST SP 800-63B-4 section 3.1.2 takes for a look-up secret. */
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
      throw new RecordRefused(path, 'A digest of a backup code is bound to its user: give the `id` as well.');
    }
    return { digest: code, guessable: true }; // a digest does not tell how long its code is
  }
  if (PLAIN_CODE.test(code))
    return { digest: backupCodeDigest(ring, userId, code), guessable: isGuessable(code) };
  throw new RecordRefused(
    path,
    'A backup code has at least six letters or digits, and nothing else but hyphens and spaces.',
  );
}

function requireKey(keyId: string, ring: KeyRing, path: string, what: string): void {
  if (ring.ids.includes(keyId)) return;
  throw new RecordRefused(
    path,
    `${what} was made with key ${keyId}, which SECRET_KEYS does not hold. Put that key at the end of SECRET_KEYS.`,
  );
}
