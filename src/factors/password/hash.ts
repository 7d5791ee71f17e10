// Stored passwords: bcrypt over a keyed pre-hash. bcrypt alone ignores everything after 72 bytes and stops at a
// NUL; HMAC-SHA-384 in base64 is 64 bytes without one, so every byte of the password counts. The key (a pepper,
// NIST SP 800-63B-4 section 3.1.1.2) makes a stolen table useless without the key ring.
//
// Stored form: `$stepgate-bcrypt$KEY-ID$2b$12$…`, so that plain bcrypt hashes can stand beside it.
import { createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import type { KeyRing } from '../../platform/key-ring.ts';
import { normalisePassword } from '../../policy/password-policy.ts';
import type { HashingLanes } from './lanes.ts';

const STORED_FORM = /^\$stepgate-bcrypt\$([0-9a-f]{8})(\$2b\$(\d\d)\$.{53})$/;

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
   */
  async matches(password: string, stored: string | null): Promise<boolean> {
    const [, keyId, hash] = STORED_FORM.exec(stored ?? (await this.#decoyHash())) ?? [];
    if (keyId === undefined || hash === undefined)
      throw new Error('A stored password hash has an unknown form.');
    const matches = await this.#lanes.run(() => bcrypt.compare(this.#prehash(password, keyId), hash));
    return matches && stored !== null;
  }

  /** Whether a hash that was just matched should be made anew: another cost, or another key. */
  isOutdated(stored: string): boolean {
    const [, keyId, , cost] = STORED_FORM.exec(stored) ?? [];
    return keyId !== this.#ring.newest.id || Number(cost) !== this.#cost;
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
