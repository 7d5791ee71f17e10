// Passwords over HTTP: as people type them, and while operators change the cost and the keys.
import { randomBytes, randomUUID } from 'node:crypto';
import bcrypt from 'bcrypt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { PasswordHasher } from '../../../src/factors/password/hash.ts';
import { HashingQueue } from '../../../src/factors/password/hashing-queue.ts';
import { passwordFactor } from '../../../src/factors/password/password.ts';
import { sealLegacyHash } from '../../../src/factors/password/stored-legacy.ts';
import { openOrm } from '../../../src/persistence/orm.ts';
import { UnitOfWork } from '../../../src/persistence/unit-of-work.ts';
import { KeyRing, UnknownKeyError } from '../../../src/platform/key-ring.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../../harness/app.ts';
import { PASSWORD, type Person, TestClient } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';

async function storedPassword(databaseUrl: string, email: string): Promise<string> {
  const [row] = await query<{ secret: string }>(
    databaseUrl,
    `select a.secret from authenticator a join email_address e using (user_id)
     where a.factor = 'PASSWORD' and e.address = $1`,
    [email],
  );
  return row?.secret ?? '';
}

async function storePassword(databaseUrl: string, email: string, secret: string): Promise<void> {
  await query(
    databaseUrl,
    `update authenticator a set secret = $2 from email_address e
     where e.user_id = a.user_id and a.factor = 'PASSWORD' and e.address = $1`,
    [email, secret],
  );
}

describe('a password', () => {
  let app: TestApp;
  let client: TestClient;

  beforeAll(async () => {
    app = await startTestApp();
    client = new TestClient(app);
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test.each([
    ['composed, then decomposed', 'caf\u00e9 cr\u00e8me', 'cafe\u0301 cre\u0300me'],
    ['decomposed, then composed', 'cafe\u0301 cre\u0300me', 'caf\u00e9 cr\u00e8me'],
  ])('matches with composed and decomposed accents: %s', async (_how, chosen, typed) => {
    const { email } = await client.signUp(undefined, chosen);
    await client.signIn({ email, password: typed });
    const { id } = await client.startSignIn({ identifier: email });
    expect((await client.attempt(id, { password: 'cafe creme' })).code).toBe('PROOF_REJECTED');
  });

  test('may have 256 code points after NFC, even if each was typed as four', async () => {
    const farthest = 'ᾂᾃᾄᾅᾒᾓᾔᾕᾢᾣᾤᾥ'; // the characters with the longest decompositions
    const composed = Array.from({ length: 256 }, (_, at) => farthest[(at * at + 7 * at) % 12]).join('');
    const decomposed = composed.normalize('NFD');
    expect([...decomposed]).toHaveLength(4 * 256);
    const { email } = await client.signUp(undefined, decomposed);
    await client.signIn({ email, password: composed });
    await client.signIn({ email, password: decomposed });
  });

  test.each([7, 257])('cannot be chosen with %i code points', async (length) => {
    const step = await client.startSignUp({ email: 'new@example.com', password: '🔐'.repeat(length) });
    expect(step.code).toBe('PASSWORD_REJECTED');
  });

  test('is rejected unread, without costing an attempt, when it is longer than allowed', async () => {
    const person = await client.signUp();
    const { id } = await client.startSignIn({ identifier: person.email });
    for (let time = 0; time < 8; time += 1) {
      expect((await client.attempt(id, { password: 'x'.repeat(1025) })).code).toBe('INVALID_INPUT');
    }
    expect((await client.attempt(id, { password: PASSWORD })).status).toBe('COMPLETE');
  });

  test('only matches our own stored form: a plain bcrypt hash does not sign in, and the log says why', async () => {
    const { email } = await client.signUp();
    await storePassword(app.databaseUrl, email, await bcrypt.hash(PASSWORD, 4));
    const { id } = await client.startSignIn({ identifier: email });
    // More often than the number of attempts: an attempt that cannot be checked does not count.
    for (let time = 0; time < 6; time += 1) {
      await expect(client.attempt(id, { password: PASSWORD })).rejects.toMatchObject({
        problem: { message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
      });
    }
    const line = app.log.find((one) => one.includes('UnknownHashError'));
    expect(line).toContain('does not have the form $stepgate-');
    expect(line).not.toContain('$2b$04$');
  });
});

describe('when the operator raises the cost and replaces the key,', () => {
  const oldKey = randomBytes(32).toString('base64');
  const newKey = randomBytes(32).toString('base64');
  const idOf = (key: string): string => new KeyRing([Buffer.from(key, 'base64')]).newest.id;

  test('each password is rehashed and each app’s secret resealed at the next use, and then the old key can be removed', async () => {
    await using before = await startTestApp({ SECRET_KEYS: oldKey, BCRYPT_COST: '4' });
    const { databaseUrl } = before;
    const client = new TestClient(before);
    const [person, other] = [await client.signUp(), await client.signUp()];
    const { secret } = await client.enrollTotp(person.accessToken);
    const old = await storedPassword(databaseUrl, person.email);
    expect(old).toMatch(`$stepgate-bcrypt$${idOf(oldKey)}$2b$04$`);

    await using during = await startTestApp(
      { SECRET_KEYS: `${newKey},${oldKey}`, BCRYPT_COST: '5' },
      databaseUrl,
    );
    const later = new TestClient(during);
    const { id } = await later.startSignIn({ identifier: person.email });
    await later.attempt(id, { password: 'a wrong password' });
    expect(await storedPassword(databaseUrl, person.email)).toBe(old);
    during.clock.advance(30);
    await later.signIn(person, { totp: later.totp(secret) });
    const renewed = await storedPassword(databaseUrl, person.email);
    expect(renewed).toMatch(`$stepgate-bcrypt$${idOf(newKey)}$2b$05$`);
    const secrets = await query<{ secret: string }>(
      databaseUrl,
      `select secret from authenticator where factor = 'TOTP'`,
    );
    expect(secrets).toEqual([{ secret: expect.stringMatching(`^${idOf(newKey)}\\.`) }]);

    // A current hash is not replaced again.
    during.clock.advance(30);
    await later.signIn(person, { totp: later.totp(secret) });
    expect(await storedPassword(databaseUrl, person.email)).toBe(renewed);

    // Without its current key, the signing key cannot be opened, and the server does not start.
    const tooEarly = startTestApp({ SECRET_KEYS: oldKey }, databaseUrl);
    await expect(tooEarly).rejects.toThrow(UnknownKeyError);
    await expect(tooEarly).rejects.toThrow(
      `key ${idOf(newKey)}, which is not in SECRET_KEYS. Put that key back`,
    );

    // One user has not signed in meanwhile, so the server does not start without the old key either.
    const environment = { SECRET_KEYS: newKey, BCRYPT_COST: '5' };
    await expect(startTestApp(environment, databaseUrl)).rejects.toThrow(`key ${idOf(oldKey)}, which`);

    // An operator can force the start, and the server works for all other users.
    await query(databaseUrl, 'delete from secret_key where id = $1', [idOf(oldKey)]);
    await using after = await startTestApp(environment, databaseUrl);
    const last = new TestClient(after);
    after.clock.advance(90);
    await last.signIn(person, { totp: last.totp(secret) });

    // A user who has not signed in meanwhile gets no details, and the operator's log names the missing key.
    const started = await last.startSignIn({ identifier: other.email });
    await expect(last.attempt(started.id, { password: PASSWORD })).rejects.toMatchObject({
      problem: { extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    });
    expect(after.log.some((line) => line.includes(`key ${idOf(oldKey)}, which is not in SECRET_KEYS`))).toBe(
      true,
    );
  });

  test('a password that is changed while it is being rehashed is not restored', async () => {
    await using app = await startTestApp();
    const orm = await openOrm(app.databaseUrl);
    try {
      const person = await new TestClient(app).signUp();
      const ring = new KeyRing([randomBytes(32)]);
      const cheap = new PasswordHasher(ring, 4, new HashingQueue(1));
      const factor = passwordFactor.create({ hasher: new PasswordHasher(ring, 5, new HashingQueue(1)) });
      const [row] = await query<{ id: string }>(
        app.databaseUrl,
        `select a.id from authenticator a join email_address e using (user_id) where e.address = $1`,
        [person.email],
      );
      const authenticator = {
        id: row?.id ?? '',
        factor: 'PASSWORD',
        label: null,
        secret: await cheap.hash(PASSWORD),
        data: null,
        confirmed: true,
      } as const;
      await storePassword(app.databaseUrl, person.email, authenticator.secret);
      const verdict = await factor.verify(PASSWORD, {
        workflowId: randomUUID(),
        account: null,
        authenticators: [authenticator],
        enrolling: null,
        identifies: false,
        provedBefore: [],
        challenge: null,
        now: new Date(),
      });
      await storePassword(app.databaseUrl, person.email, 'the changed one');
      const unitOfWork = new UnitOfWork();
      if (verdict.accepted) verdict.consume?.(unitOfWork);
      await unitOfWork.commit(orm.em.fork());
      expect(verdict).toMatchObject({ accepted: true, consume: expect.any(Function) });
      expect(await storedPassword(app.databaseUrl, person.email)).toBe('the changed one');
    } finally {
      await orm.close();
    }
  });
});

describe('an imported password', () => {
  const password = 'what I typed there';
  let app: TestApp;
  let client: TestClient;
  let person: Person;

  beforeAll(async () => {
    app = await startTestApp();
    client = new TestClient(app);
  });
  afterAll(() => app[Symbol.asyncDispose]());
  beforeEach(async () => {
    person = await client.signUp();
    const [row] = await query<{ id: string }>(
      app.databaseUrl,
      'select a.id from authenticator a join email_address e using (user_id) where e.address = $1',
      [person.email],
    );
    const ring = new KeyRing(readConfig(TEST_ENVIRONMENT).secretKeys);
    const text = bcrypt.hashSync(password, 4);
    await storePassword(app.databaseUrl, person.email, sealLegacyHash(ring, row?.id ?? '', text));
  });

  test('signs in, and is then stored in our own form', async () => {
    await client.signIn({ email: person.email, password });
    expect(await storedPassword(app.databaseUrl, person.email)).toMatch(/^\$stepgate-bcrypt\$/);
    await client.signIn({ email: person.email, password });
  });

  test('is not replaced by wrong guesses', async () => {
    const before = await storedPassword(app.databaseUrl, person.email);
    const started = await client.startSignIn({ identifier: person.email });
    expect((await client.attempt(started.id, { password: PASSWORD })).code).toBe('PROOF_REJECTED');
    expect(await storedPassword(app.databaseUrl, person.email)).toBe(before);
  });

  test('signs in many times in parallel, and is replaced once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => client.signIn({ email: person.email, password })));
    const stored = await storedPassword(app.databaseUrl, person.email);
    expect(stored).toMatch(/^\$stepgate-bcrypt\$/);
    await client.signIn({ email: person.email, password });
    expect(await storedPassword(app.databaseUrl, person.email)).toBe(stored);
  });

  test('is not replaced if its step cannot be committed', async () => {
    const before = await storedPassword(app.databaseUrl, person.email);
    const { id: workflowId } = await client.startSignIn({ identifier: person.email });
    // The step that commits first makes the other one fail.
    await query(
      app.databaseUrl,
      `create or replace function lose() returns trigger language plpgsql as $$ begin return null; end $$;
       create trigger lose before update of snapshot on workflow for each row execute function lose()`,
    );
    try {
      expect((await client.attempt(workflowId, { password })).code).toBe('CONFLICT');
    } finally {
      await query(app.databaseUrl, 'drop trigger lose on workflow');
    }
    expect(await storedPassword(app.databaseUrl, person.email)).toBe(before);
  });
});
