// New passwords, the limit on checking them, and the password factor, without a server.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Account, StoredAuthenticator } from '../../../src/factors/account.ts';
import type { Breach } from '../../../src/factors/password/breached/breached.ts';
import { CheckLimit, TooManyChecks } from '../../../src/factors/password/check-limit.ts';
import type { PasswordHasher } from '../../../src/factors/password/hash.ts';
import { OverloadedError } from '../../../src/factors/password/hashing-queue.ts';
import { NewPasswords, PasswordRejected } from '../../../src/factors/password/new-passwords.ts';
import { passwordFactor } from '../../../src/factors/password/password.ts';
import type { UnitOfWork } from '../../../src/persistence/unit-of-work.ts';
import type { PasswordPolicy } from '../../../src/policy/password-policy.ts';

const POLICY: PasswordPolicy = { minimumLength: 8, maximumLength: 64, strength: 'NONE', characters: [] };
const OWNER = { email: null, name: null };
const STRONG = 'correct horse battery staple zebra';

describe('a new password', () => {
  function passwords(breach: Breach | null = null) {
    const sought: string[] = [];
    const parts = new NewPasswords({
      hasher: { hash: async (password: string) => `hash of ${password}` } as PasswordHasher,
      breached: {
        find: async (password: string) => {
          sought.push(password);
          return breach;
        },
      } as ConstructorParameters<typeof NewPasswords>[0]['breached'],
      productName: 'Stepgate',
    });
    return { parts, sought };
  }
  const assess = (password: string, policy: Partial<PasswordPolicy> = {}, breach: Breach | null = null) =>
    passwords(breach).parts.assess(password, { ...POLICY, ...policy }, OWNER);
  const rulesOf = async (...asked: Parameters<typeof assess>) =>
    (await assess(...asked)).problems.map(({ rule }) => rule);

  test('that meets the policy is hashed, and its strength is known', async () => {
    expect(await assess(STRONG)).toEqual({ problems: [], strength: 'HIGH' });
    expect(await passwords().parts.hash(STRONG, POLICY, OWNER)).toBe(`hash of ${STRONG}`);
  });

  test.each([
    ['TOO_SHORT', 'short'],
    ['TOO_LONG', 'x'.repeat(65)],
  ])('that is %s is not looked at further', async (rule, password) => {
    const { parts, sought } = passwords({ times: 3 });
    const { problems, strength } = await parts.assess(password, POLICY, OWNER);
    expect(problems.map((one) => one.rule)).toEqual([rule]);
    expect([strength, sought]).toEqual([null, []]);
    await expect(parts.hash(password, POLICY, OWNER)).rejects.toThrow(PasswordRejected);
  });

  test('that lacks a character is still sought among the breached ones', async () => {
    expect(await rulesOf(STRONG, { characters: ['DIGIT'] }, { times: 3 })).toEqual([
      'DIGIT_MISSING',
      'BREACHED',
    ]);
  });

  test('is sought in the form in which it is stored', async () => {
    const { parts, sought } = passwords();
    await parts.assess('cafe\u0301 au lait', POLICY, OWNER);
    expect(sought).toEqual(['caf\u00e9 au lait']);
  });

  test('that was breached is refused, with how often it was seen if that is known', async () => {
    const [seen] = (await assess(STRONG, {}, { times: 3 })).problems;
    expect(seen).toMatchObject({ rule: 'BREACHED', timesSeen: 3 });
    expect(seen?.message).toContain('appears at least 3 times in known data breaches');
    const [common] = (await assess(STRONG, {}, { times: null })).problems;
    expect(common).toMatchObject({ rule: 'BREACHED', timesSeen: null });
    expect(common?.message).toContain('is one of the most common');
  });

  test('that is weaker than the policy asks is refused, and one as strong is not', async () => {
    const { strength } = await assess('zebrafishtank');
    expect(strength).toBe('MEDIUM');
    expect(await rulesOf('zebrafishtank', { strength: 'MEDIUM' })).toEqual([]);
    expect(await rulesOf('zebrafishtank', { strength: 'LOW' })).toEqual([]);
    expect(await rulesOf('zebrafishtank', { strength: 'HIGH' })).toEqual(['TOO_WEAK']);
  });

  test('that is too weak is refused with what to change', async () => {
    const [common] = (await assess('password', { strength: 'HIGH' })).problems;
    expect(common).toMatchObject({ rule: 'TOO_WEAK', timesSeen: null });
    expect(common?.message).not.toBe('The password is too easy to guess.');
    expect(common?.suggestions).toEqual([expect.stringMatching(/^Add /)]);
    const [plain] = (await assess('zebrafishtank', { strength: 'HIGH' })).problems;
    expect(plain?.message).toBe('The password is too easy to guess.');
    expect(plain?.suggestions).toEqual(['Choose a longer password, for example several unrelated words.']);
  });

  test('may not be what a guesser would try first for its owner', async () => {
    const { parts } = passwords();
    const owner = { email: 'jane.doe@zebrafish.example', name: null };
    const { strength } = await parts.assess('zebrafish', POLICY, owner);
    expect(strength).toBe('NONE');
    expect((await parts.assess('zebrafish', POLICY, OWNER)).strength).not.toBe('NONE');
  });

  test('is refused with all that is wrong with it', async () => {
    const { parts } = passwords({ times: 3 });
    const refused = await parts
      .hash('password', { ...POLICY, characters: ['DIGIT'] }, OWNER)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PasswordRejected);
    expect((refused as PasswordRejected).problems.map(({ rule }) => rule)).toEqual([
      'DIGIT_MISSING',
      'BREACHED',
    ]);
    expect((refused as PasswordRejected).message).toMatch(/digit\. .*data breaches/);
  });
});

describe('checks of passwords', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }));
  afterEach(() => vi.useRealTimers());

  const check = (limit: CheckLimit, ip: string | null) => limit.run(ip, async () => 'checked');
  async function spend(limit: CheckLimit, ip: string | null, times: number): Promise<void> {
    for (let time = 0; time < times; time += 1) expect(await check(limit, ip)).toBe('checked');
  }
  const refused = (limit: CheckLimit, ip: string | null) =>
    check(limit, ip).then(
      () => null,
      (error: unknown) => (error as TooManyChecks).retryAfterSeconds,
    );

  test('are limited to 240 a minute for each network, which is told when to come back', async () => {
    const limit = new CheckLimit();
    await spend(limit, '192.0.2.1', 240);
    await expect(check(limit, '192.0.2.1')).rejects.toThrow(TooManyChecks);
    expect(await refused(limit, '192.0.2.1')).toBe(60);
    await spend(limit, '198.51.100.1', 1);
    vi.advanceTimersByTime(59_500);
    expect(await refused(limit, '192.0.2.1')).toBe(1);
    vi.advanceTimersByTime(500);
    await spend(limit, '192.0.2.1', 1);
  });

  test.each([null, '', 'nowhere'])('from addresses that are not known (%s) share one limit', async (ip) => {
    const limit = new CheckLimit();
    await spend(limit, null, 120);
    await spend(limit, 'nowhere', 120);
    expect(await refused(limit, ip)).toBe(60);
    await spend(limit, '192.0.2.1', 1);
  });

  test('run three at a time, and only as many wait as can be done in time', async () => {
    const limit = new CheckLimit();
    const held = Promise.withResolvers<void>();
    let running = 0;
    const answers = Array.from({ length: 76 }, () =>
      limit
        .run(null, async () => {
          running += 1;
          await held.promise;
          return 'checked';
        })
        .catch((error: unknown) => error),
    );
    await vi.waitFor(() => expect(running).toBe(3));
    held.resolve();
    const done = await Promise.all(answers);
    // Five seconds for work of 0.2 s in three places.
    expect(done.filter((one) => one === 'checked')).toHaveLength(75);
    expect(done.filter((one) => one instanceof OverloadedError)).toHaveLength(1);
  });

  test('fail as their work does', async () => {
    const lost = new Error('lost');
    await expect(new CheckLimit().run(null, () => Promise.reject(lost))).rejects.toBe(lost);
  });
});

describe('the password factor', () => {
  const stored = { id: 'a', factor: 'PASSWORD', secret: 'old hash' } as StoredAuthenticator;
  const app = { id: 'b', factor: 'TOTP', secret: 's' } as StoredAuthenticator;
  const hasher = (given: Partial<PasswordHasher> = {}) => {
    const compared: unknown[] = [];
    const services = {
      matches: async (password: string, one: unknown) => {
        compared.push(one);
        return password === 'right';
      },
      isOutdated: () => false,
      ...given,
    } as unknown as PasswordHasher;
    return { factor: passwordFactor.create({ hasher: services }), compared };
  };
  const verify = (
    proof: string,
    authenticators: readonly StoredAuthenticator[],
    given?: Partial<PasswordHasher>,
  ) =>
    hasher(given).factor.verify(proof, { authenticators } as Parameters<
      ReturnType<typeof hasher>['factor']['verify']
    >[1]);

  test('is offered to a user who has a password', () => {
    const { factor } = hasher();
    const offered = (...authenticators: StoredAuthenticator[]) =>
      factor.options({ authenticators } as unknown as Account, 'FIRST');
    expect(offered(app, stored)).toEqual([
      { factor: 'PASSWORD', authenticatorId: null, hint: null, needsPreparing: false },
    ]);
    expect(offered(app)).toEqual([]);
  });

  test('takes the right password, and renews nothing that is up to date', async () => {
    expect(await verify('right', [app, stored])).toEqual({
      accepted: true,
      consume: null,
      enrolledAt: null,
    });
    expect(await verify('wrong', [app, stored])).toMatchObject({ accepted: false });
  });

  test('does the same work for nobody’s password, and rejects whatever matches', async () => {
    const { factor, compared } = hasher();
    const request = { authenticators: [app] } as unknown as Parameters<typeof factor.verify>[1];
    expect(await factor.verify('right', request)).toMatchObject({ accepted: false });
    expect(compared).toEqual([null]);
  });

  test('replaces an outdated hash, if it is still the one that matched', async () => {
    const renewed = { isOutdated: () => true, hash: async () => 'new hash' };
    const verdict = await verify('right', [stored], renewed);
    const writes: unknown[] = [];
    const unitOfWork = { write: (query: unknown) => void writes.push(query) } as unknown as UnitOfWork;
    if (!verdict.accepted) throw new Error('It was rejected.');
    verdict.consume?.(unitOfWork);
    expect(writes).toHaveLength(1);
  });

  test('accepts the password without a new hash when the server is busy, and fails when it is broken', async () => {
    const failing = (problem: Error) => ({ isOutdated: () => true, hash: () => Promise.reject(problem) });
    expect(await verify('right', [stored], failing(new OverloadedError(5)))).toEqual({
      accepted: true,
      consume: null,
      enrolledAt: null,
    });
    await expect(verify('right', [stored], failing(new Error('lost')))).rejects.toThrow('lost');
  });
});
