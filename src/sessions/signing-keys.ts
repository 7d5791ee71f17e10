// The key pairs that sign access tokens: ES256 (RFC 7518 section 3.4), kept in the database so that every node
// signs with the same one, the private half sealed. All that are published may verify.
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

export class SigningKeys {
  readonly #orm: Orm;
  readonly #ring: KeyRing;
  readonly #clock: Clock;
  #current: Promise<PrivateKey> | undefined;
  #published: Promise<ReadonlyMap<string, JWK>> | undefined;

  constructor(orm: Orm, ring: KeyRing, clock: Clock) {
    this.#orm = orm;
    this.#ring = ring;
    this.#clock = clock;
  }

  /** The newest key that is not retired; made when there is none. */
  current(): Promise<PrivateKey> {
    this.#current ??= this.#load().catch((error: unknown) => {
      this.#current = undefined;
      throw error;
    });
    return this.#current;
  }

  /** The public key of this id, or null when we never made one. */
  async publicKey(kid: string): Promise<CryptoKey | null> {
    let jwk = (await (this.#published ?? this.#readPublished())).get(kid);
    // Another node may have made a key since; a kid that is not even the form of ours costs no query.
    if (jwk === undefined && isKid(kid)) jwk = (await this.#readPublished()).get(kid);
    return jwk === undefined ? null : ((await importJWK(jwk, SIGNING_ALGORITHM)) as CryptoKey);
  }

  /** What `/.well-known/jwks.json` says (RFC 7517 section 5). */
  async jwks(): Promise<{ keys: JWK[] }> {
    await this.current();
    return { keys: [...(await this.#publicKeys()).values()] };
  }

  async #load(): Promise<PrivateKey> {
    const sql = sqlOf(this.#orm.em.fork());
    const stored = await sql
      .selectFrom('signing_key')
      .selectAll()
      .where('retired_at', 'is', null)
      .orderBy('created_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    const row = stored ?? (await this.#create());
    const plain = open(this.#ring, placeOf(row.kid), row.sealed_private_jwk);
    if (isSealedWithOlderKey(this.#ring, row.sealed_private_jwk)) {
      // So that the older key of the ring is not needed for this any more.
      await sql
        .updateTable('signing_key')
        .set({ sealed_private_jwk: seal(this.#ring, placeOf(row.kid), plain) })
        .where('kid', '=', row.kid)
        .execute();
    }
    const jwk = JSON.parse(plain) as JWK;
    return { kid: row.kid, key: (await importJWK(jwk, SIGNING_ALGORITHM)) as CryptoKey };
  }

  async #create() {
    const { privateKey, publicKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
    const publicJwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(publicJwk);
    const row = {
      kid,
      algorithm: SIGNING_ALGORITHM,
      public_jwk: { ...publicJwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' },
      sealed_private_jwk: seal(this.#ring, placeOf(kid), JSON.stringify(await exportJWK(privateKey))),
      created_at: this.#clock.now(),
      retired_at: null,
    };
    await sqlOf(this.#orm.em.fork()).insertInto('signing_key').values(row).execute();
    return row;
  }

  /** Kept for the next token; a reading that failed is not. */
  #readPublished(): Promise<ReadonlyMap<string, JWK>> {
    const reading = this.#publicKeys();
    this.#published = reading;
    reading.catch(() => {
      if (this.#published === reading) this.#published = undefined;
    });
    return reading;
  }

  async #publicKeys(): Promise<ReadonlyMap<string, JWK>> {
    const rows = await sqlOf(this.#orm.em.fork())
      .selectFrom('signing_key')
      .select(['kid', 'public_jwk'])
      .orderBy('created_at', 'desc')
      .execute();
    return new Map(rows.map((row) => [row.kid, row.public_jwk]));
  }
}

/** Under the newest key of the ring. */
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
