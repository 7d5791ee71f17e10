// Stored passwords: bcrypt over a keyed pre-hash. bcrypt alone ignores everything after 72 bytes and stops at a
// NUL; HMAC-SHA-384 in base64 is 64 bytes without one, so every byte of the password counts. The key (a pepper,
// NIST SP 800-63B-4 section 3.1.1.2) makes a stolen table useless without the key ring.
//
// Stored form: `$stepgate-bcrypt$KEY-ID$2b$12$…`, so that plain bcrypt hashes can stand beside it.
import { createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import type { KeyRing } from '../../platform/key-ring.ts';
import { normalisePassword } from '../../policy/password-policy.ts';
import { readForeignHash } from './foreign/schemes.ts';
import type { HashingLanes } from './lanes.ts';
import { type OwnHash, openForeignHash, readOwnHash } from './stored.ts';

/** The stored hash itself is not in the message. */
export class UnknownHashError extends Error {
  override readonly name = 'UnknownHashError';
  constructor() {
    super('A stored password hash is not of the form $stepgate-bcrypt$…: it was written by something else.');
  }
}

export class PasswordHasher {
  readonly #ring: KeyRing;
  readonly #cost: number;
  readonly #lanes: HashingLanes;
  #decoy: Promise<string> | undefined;

  constructor(ring: KeyRing, cost: number, lanes: HashingLanes) {
    this.#ring = ring;
    this.#cost = cost;
    this.#lanes = lanes;
  }

  /** @throws {OverloadedError} */
  async hash(password: string): Promise<string> {
    const keyId = this.#ring.newest.id;
    const hash = await this.#lanes.run(() => bcrypt.hash(this.#prehash(password, keyId), this.#cost));
    return `$stepgate-bcrypt$${keyId}${hash}`;
  }

  /**
   * Checks against a stored hash; against a decoy of the same cost when there is none, so that a missing account
   * takes as long as a wrong password.
   * @throws {OverloadedError}
   * @throws {UnknownHashError} for a hash that is not ours; UnknownKeyError for one whose key is gone.
   */
  async matches(password: string, stored: string | null, authenticatorId = ''): Promise<boolean> {
    const foreign = stored === null ? null : openForeignHash(this.#ring, authenticatorId, stored);
    if (foreign !== null) return await this.#lanes.run(async () => readForeignHash(foreign).verify(password));
    const { keyId, hash, cost } = parse(stored ?? (await this.#decoyHash()));
    const prehash = this.#prehash(password, keyId);
    const matches = await this.#lanes.run(async () => {
      const isRight = await bcrypt.compare(prehash, hash);
      if (!isRight) await this.#makeUpFor(cost, prehash);
      return isRight;
    });
    return matches && stored !== null;
  }

  /** Whether a hash that was just matched should be made anew: another cost, or another key. */
  isOutdated(stored: string): boolean {
    const own = readOwnHash(stored);
    if (own === null) return true;
    const { keyId, cost } = own;
    return keyId !== this.#ring.newest.id || cost !== this.#cost;
  }

  /**
   * After the cost was raised, a hash of the old cost would be refused sooner than a decoy, and so tell that its
   * account exists. Each cost is twice the work of the one below: what a refusal lacks is one hash of each between.
   */
  async #makeUpFor(cost: number, prehash: string): Promise<void> {
    for (let missing = cost; missing < this.#cost; missing += 1) await bcrypt.hash(prehash, missing);
  }

  #prehash(password: string, keyId: string): string {
    return createHmac('sha384', this.#ring.subkey('password', keyId))
      .update(normalisePassword(password), 'utf8')
      .digest('base64');
  }

  #decoyHash(): Promise<string> {
    this.#decoy ??= this.hash('a password that nobody has').catch((error: unknown) => {
      this.#decoy = undefined;
      throw error;
    });
    return this.#decoy;
  }

  /** Makes the decoy beforehand, so that the first unknown account is not slower than a known one. */
  async warmUp(): Promise<void> {
    await this.#decoyHash();
  }
}

function parse(stored: string): OwnHash {
  const own = readOwnHash(stored);
  if (own === null) throw new UnknownHashError();
  return own;
}
