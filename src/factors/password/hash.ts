// Hashes passwords with bcrypt over a keyed pre-hash. bcrypt alone ignores everything after 72 bytes or after a NUL.
// HMAC-SHA-384 in base64 has 64 bytes and no NUL, so every byte of the password counts. The key is a pepper (NIST SP
// 800-63B-4 section 3.1.1.2): a stolen table is useless without the key ring.
//
// stored-own.ts has the stored form of such a hash. Hashes of other systems are kept until their users sign in: see
// stored-legacy.ts.
import { createHmac } from 'node:crypto';
import type { KeyRing } from '../../platform/key-ring.ts';
import { normalisePassword } from '../../policy/password-policy.ts';
import type { HashingQueue } from './hashing-queue.ts';
import { hashing } from './hashing-threads.ts';
import { isLegacy, openLegacyHash } from './stored-legacy.ts';
import { type OwnHash, readOwnHash, writeOwnHash } from './stored-own.ts';

/** The row of a password. */
export interface StoredPassword {
  readonly id: string;
  readonly secret: string;
}

/** The minimum of bcrypt. */
const LEAST_COST = 4;

/** The message does not contain the stored hash. */
export class UnknownHashError extends Error {
  override readonly name = 'UnknownHashError';
  constructor() {
    super('A stored password hash does not have the form $stepgate-…, so it was not written by Stepgate.');
  }
}

export class PasswordHasher {
  readonly #ring: KeyRing;
  readonly #cost: number;
  readonly #queue: HashingQueue;
  #decoy: Promise<string> | undefined;
  /** How long the last check of the decoy took, in seconds. */
  #decoySeconds = 0;

  constructor(ring: KeyRing, cost: number, queue: HashingQueue) {
    this.#ring = ring;
    this.#cost = cost;
    this.#queue = queue;
  }

  /** @throws {OverloadedError} */
  async hash(password: string): Promise<string> {
    const keyId = this.#ring.newest.id;
    const data = this.#prehash(password, keyId);
    const hash = await this.#queue.run(() => hashing.hash({ data, cost: this.#cost }));
    return writeOwnHash(keyId, hash);
  }

  /**
   * Checks a password against a stored hash. Without one, checks it against a decoy of the current cost, so that a
   * missing account takes as long as a wrong password.
   *
   * @throws {OverloadedError}
   * @throws {UnknownHashError} when the hash is not ours.
   * @throws {UnknownKeyError} when its key is no longer in the key ring.
   */
  async matches(password: string, stored: StoredPassword | null): Promise<boolean> {
    if (stored === null) return this.#matchesDecoy(password);
    return isLegacy(stored.secret)
      ? this.#matchesForeign(password, openLegacyHash(this.#ring, stored.id, stored.secret))
      : this.#matchesOwn(password, parse(stored.secret));
  }

  /** Whether a matching hash should be replaced, because of another system, another cost or an older key. */
  isOutdated(secret: string): boolean {
    if (isLegacy(secret)) return true;
    const { keyId, cost } = parse(secret);
    return keyId !== this.#ring.newest.id || cost !== this.#cost;
  }

  async #matchesDecoy(password: string): Promise<false> {
    const { keyId, hash } = parse(await this.#decoyHash());
    const data = this.#prehash(password, keyId);
    await this.#queue.run(async () => {
      const startedAt = performance.now();
      await hashing.compare({ data, against: hash });
      this.#decoySeconds = (performance.now() - startedAt) / 1000;
    });
    return false;
  }

  async #matchesOwn(password: string, { keyId, hash, cost }: OwnHash): Promise<boolean> {
    const data = this.#prehash(password, keyId);
    return this.#queue.run(async () => {
      const isRight = await hashing.compare({ data, against: hash });
      // After the cost is raised, a hash of the old cost is rejected faster than a decoy, which would reveal that the
      // account exists. Each cost doubles the work, so one extra hash at each cost in between makes up the difference.
      if (!isRight)
        for (let missing = cost; missing < this.#cost; missing += 1)
          await hashing.hash({ data, cost: missing });
      return isRight;
    });
  }

  async #matchesForeign(password: string, text: string): Promise<boolean> {
    return this.#queue.run(async () => {
      const startedAt = performance.now();
      const isRight = await hashing.verifyLegacy({ password, text });
      if (!isRight) await this.#makeUp(this.#decoySeconds - (performance.now() - startedAt) / 1000);
      return isRight;
    });
  }

  /** Works for about this long, with hashes of lower costs, so that a rejection takes as long as that of a decoy. */
  async #makeUp(seconds: number): Promise<void> {
    let missing = seconds;
    for (let cost = this.#cost - 1; cost >= LEAST_COST; cost -= 1) {
      const taken = this.#decoySeconds / 2 ** (this.#cost - cost);
      if (taken > missing) continue;
      await hashing.hash({ data: '', cost });
      missing -= taken;
    }
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

  /** Makes and measures the decoy in advance, so that the first unknown account is not slower than a known one. */
  async warmUp(): Promise<void> {
    await this.#matchesDecoy('');
  }
}

function parse(stored: string): OwnHash {
  const own = readOwnHash(stored);
  if (own === null) throw new UnknownHashError();
  return own;
}
