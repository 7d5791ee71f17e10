// The key pairs that sign access tokens: ES256 (RFC 7518 section 3.4), stored in the database so that all nodes sign
// with the same key. The private half is sealed. Every published key verifies. The times of a key are set when the next
// one is created, so each node knows from its own clock which key signs and which are published. A running node rereads
// the keys every minute, in the background.
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { type Orm, sqlOf } from '../persistence/orm.ts';
import type { Clock } from '../platform/clock.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { isSealedWithOlderKey, open, seal } from '../platform/seal.ts';

export const SIGNING_ALGORITHM = 'ES256';

interface PrivateKey {
  readonly kid: string;
  readonly key: CryptoKey;
}

interface StoredKey {
  readonly kid: string;
  readonly public_jwk: JWK;
  readonly sealed_private_jwk: string;
  readonly created_at: Date;
  readonly signs_at: Date | null;
  readonly retired_at: Date | null;
}

export class SigningKeys {
  readonly #orm: Orm;
  readonly #ring: KeyRing;
  readonly #clock: Clock;
  #stored: Promise<readonly StoredKey[]> | undefined;
  #opened: { readonly kid: string; readonly key: Promise<PrivateKey> } | undefined;
  /** Public keys by their rows. An import costs about as much as verifying a token. */
  readonly #imported = new WeakMap<StoredKey, Promise<CryptoKey>>();

  constructor(orm: Orm, ring: KeyRing, clock: Clock) {
    this.#orm = orm;
    this.#ring = ring;
    this.#clock = clock;
  }

  /** The key that signs now. Creates one if there is none. */
  async current(): Promise<PrivateKey> {
    const signing =
      signingNow(await this.#keys(), this.#clock.now()) ??
      signingNow(await this.#makeFirst(), this.#clock.now());
    if (signing === undefined) throw new Error('No signing key is available.');
    if (this.#opened?.kid !== signing.kid) {
      const key = this.#open(signing);
      this.#opened = { kid: signing.kid, key };
      // The next request tries again.
      key.catch(() => {
        this.#opened = undefined;
      });
    }
    return this.#opened.key;
  }

  /** The public key with this id; null if it does not exist or has been retired. */
  async publicKey(kid: string): Promise<CryptoKey | null> {
    const find = (keys: readonly StoredKey[]): StoredKey | undefined =>
      publishedNow(keys, this.#clock.now()).find((one) => one.kid === kid);
    let stored = find(await this.#keys());
    // Another node may have created a key in the meantime. A malformed kid costs no query.
    if (stored === undefined && isKid(kid)) stored = find(await this.read());
    return stored === undefined ? null : this.#import(stored);
  }

  #import(stored: StoredKey): Promise<CryptoKey> {
    const before = this.#imported.get(stored);
    if (before !== undefined) return before;
    const key = importJWK(stored.public_jwk, SIGNING_ALGORITHM) as Promise<CryptoKey>;
    this.#imported.set(stored, key);
    return key;
  }

  /** The content of `/.well-known/jwks.json` (RFC 7517 section 5). */
  async jwks(): Promise<{ keys: JWK[] }> {
    await this.current();
    return { keys: publishedNow(await this.read(), this.#clock.now()).map((one) => one.public_jwk) };
  }

  #keys(): Promise<readonly StoredKey[]> {
    return this.#stored ?? this.read();
  }

  /** Rereads the keys. If that fails, the previous ones stay in use. */
  read(): Promise<readonly StoredKey[]> {
    const reading = this.#readNow();
    const before = this.#stored;
    this.#stored ??= reading;
    return reading.then(
      (keys) => {
        this.#stored = reading;
        return keys;
      },
      (error: unknown) => {
        this.#stored = before;
        throw error;
      },
    );
  }

  async #readNow(): Promise<readonly StoredKey[]> {
    return sqlOf(this.#orm.em.fork())
      .selectFrom('signing_key')
      .select(['kid', 'public_jwk', 'sealed_private_jwk', 'created_at', 'signs_at', 'retired_at'])
      .orderBy('created_at', 'desc')
      .execute();
  }

  /** Creates the first key. It signs immediately, because there is no older one. */
  async #makeFirst(): Promise<readonly StoredKey[]> {
    const row = await newSigningKey(this.#ring, this.#clock.now(), null);
    await sqlOf(this.#orm.em.fork()).insertInto('signing_key').values(row).execute();
    return this.read();
  }

  async #open({ kid, sealed_private_jwk: sealed }: StoredKey): Promise<PrivateKey> {
    const plain = open(this.#ring, placeOf(kid), sealed);
    if (isSealedWithOlderKey(this.#ring, sealed)) {
      // Reseals it, so that the older secret key is no longer needed.
      await sqlOf(this.#orm.em.fork())
        .updateTable('signing_key')
        .set({ sealed_private_jwk: seal(this.#ring, placeOf(kid), plain) })
        .where('kid', '=', kid)
        .execute();
    }
    return { kid, key: (await importJWK(JSON.parse(plain) as JWK, SIGNING_ALGORITHM)) as CryptoKey };
  }
}

/** @param signsAt when it starts to sign; null for immediately. */
export async function newSigningKey(ring: KeyRing, now: Date, signsAt: Date | null) {
  const { privateKey, publicKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    kid,
    algorithm: SIGNING_ALGORITHM,
    public_jwk: { ...publicJwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' },
    sealed_private_jwk: seal(ring, placeOf(kid), JSON.stringify(await exportJWK(privateKey))),
    created_at: now,
    signs_at: signsAt,
    retired_at: null,
  };
}

/** The newest published key that may sign. */
function signingNow(keys: readonly StoredKey[], now: Date): StoredKey | undefined {
  return publishedNow(keys, now)
    .filter((one) => signsFrom(one) <= now)
    .toSorted((one, other) => signsFrom(other).getTime() - signsFrom(one).getTime())[0];
}

function signsFrom({ signs_at: signsAt, created_at: createdAt }: StoredKey): Date {
  return signsAt ?? createdAt;
}

function publishedNow(keys: readonly StoredKey[], now: Date): readonly StoredKey[] {
  return keys.filter((one) => one.retired_at === null || one.retired_at > now);
}

/** Reseals with the newest key of the ring. */
export function resealPrivateKey(ring: KeyRing, kid: string, sealed: string): string {
  return seal(ring, placeOf(kid), open(ring, placeOf(kid), sealed));
}

function placeOf(kid: string): string {
  return `signing_key:${kid}:private`;
}

/** An RFC 7638 thumbprint: SHA-256 in base64url. */
function isKid(kid: string): boolean {
  return /^[\w-]{43}$/.test(kid);
}
