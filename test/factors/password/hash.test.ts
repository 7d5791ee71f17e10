// Password hashing: every byte counts, only our own form matches, and the work does not reveal whether an account
// exists.
import { createHash, randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PasswordHasher, type StoredPassword, UnknownHashError } from '../../../src/factors/password/hash.ts';
import { HashingQueue } from '../../../src/factors/password/hashing-queue.ts';
import { hashing } from '../../../src/factors/password/hashing-threads.ts';
import { isLegacy, sealLegacyHash } from '../../../src/factors/password/stored-legacy.ts';
import { KeyRing, UnknownKeyError } from '../../../src/platform/key-ring.ts';
import { SealBrokenError } from '../../../src/platform/seal.ts';

const COST = 4;
const key = randomBytes(32);
const ring = new KeyRing([key]);

function hasherOf(keys: KeyRing, cost = COST): PasswordHasher {
  return new PasswordHasher(keys, cost, new HashingQueue(2));
}

const hasher = hasherOf(ring);

/** The row of a password. */
function row(secret: string): StoredPassword {
  return { id: '5f1c8a52-33ce-4f9a-9f3a-6b1f2f6f0a11', secret };
}

afterEach(() => vi.restoreAllMocks());

describe('every part of a password counts:', () => {
  test('two passwords of 73 bytes that differ only in the last byte', async () => {
    const start = 'a'.repeat(72);
    const stored = await hasher.hash(`${start}1`);
    expect(await hasher.matches(`${start}1`, row(stored))).toBe(true);
    expect(await hasher.matches(`${start}2`, row(stored))).toBe(false);
    expect(await hasher.matches(start, row(stored))).toBe(false);
  });

  test('each of 256 code points, of one to four bytes', async () => {
    const password = [...'aé€🔐'.repeat(64)];
    const stored = await hasher.hash(password.join(''));
    expect(await hasher.matches(password.join(''), row(stored))).toBe(true);
    const changed = password.map((_, at) => password.with(at, 'x').join(''));
    expect(new Set(changed).size).toBe(256);
    // In parallel, but never more than the queue allows.
    for (let at = 0; at < changed.length; at += 16) {
      const some = changed.slice(at, at + 16);
      const matches = await Promise.all(some.map((one) => hasher.matches(one, row(stored))));
      expect(matches).not.toContain(true);
    }
  });

  test.each([
    ['after it', 'before\0after', 'before\0other'],
    ['where it ends', 'before\0', 'before'],
    ['where it begins', '\0', '\0\0'],
  ])('the part around a NUL: %s', async (_where, password, other) => {
    const stored = await hasher.hash(password);
    expect(await hasher.matches(password, row(stored))).toBe(true);
    expect(await hasher.matches(other, row(stored))).toBe(false);
  });

  test.each([
    ['case', 'Correct', 'correct'],
    ['a space at the end', 'correct ', 'correct'],
    ['compatible characters', 'ﬁnd', 'find'],
  ])('%s', async (_what, password, other) => {
    expect(await hasher.matches(other, row(await hasher.hash(password)))).toBe(false);
  });

  test.each([
    ['é', '\u00e9', 'e\u0301'],
    ['Å', '\u212b', 'A\u030a'],
    ['한', '\ud55c', '\u1112\u1161\u11ab'],
  ])('but not the composition of %s', async (_character, composed, decomposed) => {
    expect(await hasher.matches(decomposed, row(await hasher.hash(composed)))).toBe(true);
    expect(await hasher.matches(composed, row(await hasher.hash(decomposed)))).toBe(true);
  });
});

describe('the stored form of a password', () => {
  test('contains its scheme, its key id and its cost, and has its own salt', async () => {
    const [one, other] = await Promise.all([hasher.hash('password'), hasher.hash('password')]);
    const form = new RegExp(`^\\$stepgate-bcrypt\\$${ring.newest.id}\\$2b\\$04\\$[./A-Za-z0-9]{53}$`);
    expect(one).toMatch(form);
    expect(other).toMatch(form);
    expect(one).not.toBe(other);
  });

  test('is not a bcrypt hash of the password or of an unkeyed digest of it', async () => {
    const bcryptHash = (await hasher.hash('password')).replace(/^\$stepgate-bcrypt\$.{8}/, '');
    const digests = ['sha256', 'sha384', 'sha512'].flatMap((algorithm) =>
      (['base64', 'base64url', 'hex'] as const).map((form) =>
        createHash(algorithm).update('password').digest(form),
      ),
    );
    for (const guess of ['password', ...digests]) expect(await bcrypt.compare(guess, bcryptHash)).toBe(false);
  });

  test('does not match with another key', async () => {
    const stored = await hasher.hash('password');
    const thief = new KeyRing([randomBytes(32)]);
    const forged = stored.replace(ring.newest.id, thief.newest.id);
    expect(await hasherOf(thief).matches('password', row(forged))).toBe(false);
  });

  test('causes a clear error when it is malformed, without being repeated', async () => {
    const plain = await bcrypt.hash('password', COST);
    const ours = await hasher.hash('password');
    const foreign = [
      plain,
      plain.replace('$2b$', '$2y$'),
      ours.replace('$2b$', '$2a$'),
      ours.replace('stepgate-bcrypt', 'other'),
      `${ours}x`,
      ours.slice(0, -1),
      `${ours}\n`,
      ` ${ours}`,
      '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g',
      'hunter2',
      '',
    ];
    for (const stored of foreign) {
      const error: unknown = await hasher.matches('password', row(stored)).catch((reason: unknown) => reason);
      expect(error, stored).toBeInstanceOf(UnknownHashError);
      if (stored !== '') expect(String(error)).not.toContain(stored);
    }
  });

  test('stays valid when a newer key is added, and the error names the key when it is removed', async () => {
    const stored = await hasher.hash('password');
    expect(await hasherOf(new KeyRing([randomBytes(32), key])).matches('password', row(stored))).toBe(true);
    const without = hasherOf(new KeyRing([randomBytes(32)])).matches('password', row(stored));
    await expect(without).rejects.toThrow(UnknownKeyError);
    await expect(without).rejects.toThrow(`key ${ring.newest.id}, which is not in SECRET_KEYS`);
  });

  test.each([
    ['with the current cost and key', ring, COST, false],
    ['with a lower cost', ring, COST + 1, true],
    ['with a higher cost', ring, COST - 1, true],
    ['with an older key', new KeyRing([randomBytes(32), key]), COST, true],
    ['with the newest of several keys', new KeyRing([key, randomBytes(32)]), COST, false],
  ])('is outdated exactly if cost or key is not current: %s', async (_how, keys, cost, isOutdated) => {
    expect(hasherOf(keys, cost).isOutdated(await hasher.hash('password'))).toBe(isOutdated);
  });
});

describe('an account that does not exist', () => {
  test('has no valid password, not even that of the decoy', async () => {
    const made = vi.spyOn(hashing, 'hash');
    await hasherOf(ring).warmUp();
    expect(made).toHaveBeenCalledOnce();
    for (const password of ['', 'password', 'a password that nobody has']) {
      expect(await hasher.matches(password, null)).toBe(false);
    }
  });

  // The work of bcrypt is 2^cost, so the work of several hashes can be added up.
  test.each([
    ['a hash of the current cost', COST + 2],
    ['a hash of the previous cost', COST + 1],
    ['a hash of a much lower cost', COST],
  ])('takes the same work as a wrong password for %s', async (_what, cost) => {
    const stored = await hasherOf(ring, cost).hash('password');
    const today = hasherOf(ring, COST + 2);
    await today.warmUp();
    const compare = vi.spyOn(hashing, 'compare');
    const hash = vi.spyOn(hashing, 'hash');
    const work = async (check: () => Promise<boolean>): Promise<number> => {
      compare.mockClear();
      hash.mockClear();
      expect(await check()).toBe(false);
      const compared = compare.mock.calls.map(([{ against }]) => 2 ** bcrypt.getRounds(against));
      const made = hash.mock.calls.map(([task]) => 2 ** task.cost);
      return [...compared, ...made].reduce((sum, one) => sum + one, 0);
    };
    const forNobody = await work(() => today.matches('wrong', null));
    expect(forNobody).toBe(2 ** (COST + 2));
    expect(await work(() => today.matches('wrong', row(stored)))).toBe(forNobody);
  });

  // Time is simulated from the work: one second for bcrypt of the current cost.
  test.each([0, 0.05, 0.3, 0.5, 0.77, 0.999])(
    'takes as long as a wrong password for an imported hash that is faster by the factor %f',
    async (share) => {
      const cost = 12;
      let now = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => now);
      const takes = (milliseconds: number): void => void (now += milliseconds);
      vi.spyOn(hashing, 'hash').mockImplementation(async (task) => {
        takes(1000 / 2 ** (cost - task.cost));
        return `$2b$12$${'.'.repeat(53)}`;
      });
      vi.spyOn(hashing, 'compare').mockImplementation(async () => {
        takes(1000);
        return false;
      });
      vi.spyOn(hashing, 'verifyLegacy').mockImplementation(async () => {
        takes(1000 * share);
        return false;
      });
      const today = hasherOf(ring, cost);
      await today.warmUp();
      now = 0;
      const foreign = row(sealLegacyHash(ring, row('').id, 'a hash'));
      expect(await today.matches('wrong', foreign)).toBe(false);
      expect(now).toBeGreaterThan(995);
      expect(now).toBeLessThanOrEqual(1000);
    },
  );
});

describe('an imported hash', () => {
  const foreign = row(
    sealLegacyHash(ring, row('').id, '$2b$04$TrafYRwPYU5smI4v5pO6p.3lX2OBRi9kdjIiVB8Ki9NkABPM8jTOi'),
  );

  test('is sealed, bound to its row, and matched like in its system', async () => {
    const password = 'correct horse';
    const secret = sealLegacyHash(ring, row('').id, bcrypt.hashSync(password, COST));
    expect(secret).not.toContain('$2b$');
    expect(isLegacy(secret)).toBe(true);
    expect(await hasher.matches(password, row(secret))).toBe(true);
    expect(await hasher.matches('correct horsE', row(secret))).toBe(false);
    const moved = { id: '00000000-0000-4000-8000-000000000000', secret };
    await expect(hasher.matches(password, moved)).rejects.toThrow(SealBrokenError);
  });

  test('is always outdated', () => {
    expect(hasher.isOutdated(foreign.secret)).toBe(true);
    expect(hasherOf(ring, 4).isOutdated(foreign.secret)).toBe(true);
  });
});
