// Password spraying: a few guesses at each of many accounts, which account lockouts do not detect. It is limited by
// network, without affecting an office behind one address or the attacked accounts.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const LIMITS = {
  TRUSTED_PROXIES: 'loopback',
  FAILURES_PER_IP_HOURLY: '12',
  FAILURES_PER_PREFIX_HOURLY: '30',
};

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(LIMITS);
});
afterAll(() => app[Symbol.asyncDispose]());

const from = (ip: string, of: TestApp = app): TestClient => new TestClient(of, { 'x-forwarded-for': ip });
const word = ({ code, status }: Step): string => code ?? status;
const nobody = (): { email: string } => ({ email: `${randomUUID()}@example.com` });

/** An address in an IPv4 /24 that no other test uses. */
let networks = 0;
function newNetwork(): string {
  networks += 1;
  return `10.${networks >> 8}.${networks & 255}`;
}

async function guess(
  client: TestClient,
  { email }: { email: string },
  proof: object = { password: 'wrong' },
) {
  const { id } = await client.startSignIn({ identifier: email });
  return word(await client.attempt(id, proof));
}

/** Makes nine guesses at each of this many accounts. */
async function spray(client: TestClient, accounts: readonly { email: string }[]): Promise<string[]> {
  const answers: string[] = [];
  for (const account of accounts)
    for (let guesses = 0; guesses < 9; guesses += 1) answers.push(await guess(client, account));
  return answers;
}

const count = (answers: readonly string[], code: string): number =>
  answers.filter((answer) => answer === code).length;

/** Uses up the guesses of an address. @param left how many guesses it has. */
async function exhaust(ip: string, left = 12): Promise<void> {
  const answers = await spray(from(ip), [nobody(), nobody()]);
  expect(count(answers, 'PROOF_REJECTED')).toBe(left);
}

describe('password spraying: nine guesses at each of many accounts', () => {
  test('from one address stop at its limit, for accounts and unknown identifiers alike', async () => {
    const people = [await from('192.0.2.1').signUp(), nobody(), await from('192.0.2.1').signUp()];
    const answers = await spray(from(`${newNetwork()}.1`), people);
    expect(answers.slice(0, 12)).toEqual(Array(12).fill('PROOF_REJECTED'));
    expect(answers.slice(12)).toEqual(Array(15).fill('TOO_MANY_REQUESTS'));
  });

  test('from neighbouring addresses stop at the limit of their network', async () => {
    const network = newNetwork();
    const answers: string[] = [];
    for (let host = 1; host <= 4; host += 1)
      answers.push(...(await spray(from(`${network}.${host}`), [nobody()])));
    expect(count(answers, 'PROOF_REJECTED')).toBe(30);
    expect(await guess(from(`${network}.200`), nobody())).toBe('TOO_MANY_REQUESTS');
  });

  test('from an IPv6 site stop at the limits of its /64s and of the /48', async () => {
    const answers: string[] = [];
    for (let host = 0; host < 3; host += 1)
      answers.push(...(await spray(from(`2001:db8:1:1::${host}`), [nobody()])));
    expect(count(answers, 'PROOF_REJECTED')).toBe(12);
    for (let subnet = 2; subnet < 5; subnet += 1)
      answers.push(...(await spray(from(`2001:db8:1:${subnet}::1`), [nobody()])));
    expect(count(answers, 'PROOF_REJECTED')).toBe(30);
    expect(await guess(from('2001:db8:2::1'), nobody())).toBe('PROOF_REJECTED');
  });

  test('in parallel do not exceed the limit', async () => {
    const ip = `${newNetwork()}.1`;
    const client = from(ip);
    const workflows = await Promise.all(
      Array.from({ length: 60 }, () => client.startSignIn({ identifier: nobody().email })),
    );
    const answers = await Promise.all(
      workflows.map(({ id }) => client.attempt(id, { password: 'wrong' }).then(word)),
    );
    // Attempts in progress count as wrong, so it may be fewer.
    const checked = count(answers, 'PROOF_REJECTED');
    expect(checked).toBeGreaterThan(0);
    expect(checked).toBeLessThanOrEqual(12);
    expect(count(answers, 'TOO_MANY_REQUESTS')).toBe(60 - checked);
    await exhaust(ip, 12 - checked);
    expect(await guess(client, nobody())).toBe('TOO_MANY_REQUESTS');
  });

  test('are counted across nodes and restarts', async () => {
    const ip = `${newNetwork()}.1`;
    const other = await startTestApp(LIMITS, app.databaseUrl, app.clock);
    try {
      const answers = [...(await spray(from(ip), [nobody()])), ...(await spray(from(ip, other), [nobody()]))];
      expect(count(answers, 'PROOF_REJECTED')).toBe(12);
      expect(await guess(from(ip), nobody())).toBe('TOO_MANY_REQUESTS');
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  test('at sent codes and at the codes of sign-ups count too', async () => {
    const client = from(`${newNetwork()}.1`);
    const answers: string[] = [];
    for (let workflows = 0; workflows < 4; workflows += 1) {
      const { id } =
        workflows % 2 === 0
          ? await client.startSignUp({ email: nobody().email, password: PASSWORD })
          : await client.startSignIn({ identifier: nobody().email });
      await client.prepare(id, 'EMAIL_CODE');
      for (let guesses = 0; guesses < 4; guesses += 1)
        answers.push(word(await client.attempt(id, { emailCode: '000000' })));
    }
    expect(count(answers, 'PROOF_REJECTED')).toBe(12);
    expect(count(answers, 'TOO_MANY_REQUESTS')).toBe(4);
  });

  test('at codes that were never sent do not count, because they cannot be right', async () => {
    const client = from(`${newNetwork()}.1`);
    for (let guesses = 0; guesses < 13; guesses += 1)
      expect(await guess(client, nobody(), { emailCode: '000000' })).toBe('PROOF_REJECTED');
    expect(await guess(client, nobody())).toBe('PROOF_REJECTED');
  });

  test('can continue after an hour, as the refusal says', async () => {
    const ip = `${newNetwork()}.1`;
    await exhaust(ip);
    app.clock.advance(3000);
    const { id } = await from(ip).startSignIn({ identifier: nobody().email });
    const refused = await from(ip).attempt(id, { password: 'wrong' });
    expect(refused).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfterSeconds: expect.any(Number) });
    expect(refused.retryAfterSeconds).toBeGreaterThan(500);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(600);
    app.clock.advance(600);
    expect(await guess(from(ip), nobody())).toBe('PROOF_REJECTED');
  });
});

describe('a network at its limit', () => {
  const ip = `${newNetwork()}.1`;
  let person: Person;
  let device: string;

  beforeAll(async () => {
    const client = from('192.0.2.1');
    person = await client.signUp();
    const { id } = await client.startSignIn({ identifier: person.email });
    device = (await client.attempt(id, { password: PASSWORD })).session?.deviceToken ?? '';
    await exhaust(ip);
  });

  test('gets no answer to a correct password either, which would be a guess', async () => {
    expect(await guess(from(ip), person, { password: PASSWORD })).toBe('TOO_MANY_REQUESTS');
    expect(await guess(from('192.0.2.1'), person, { password: PASSWORD })).toBe('COMPLETE');
  });

  test('does not cost the attacked accounts attempts or a lock', async () => {
    const { id } = await from(ip).startSignIn({ identifier: person.email });
    for (let refused = 0; refused < 12; refused += 1)
      expect(word(await from(ip).attempt(id, { password: 'wrong' }))).toBe('TOO_MANY_REQUESTS');
    expect(word(await from('192.0.2.1').attempt(id, { password: PASSWORD }))).toBe('COMPLETE');
  });

  test('does not block a known device, whose failures are counted separately', async () => {
    const { id } = await from(ip).startSignIn({ identifier: person.email }, device);
    expect(word(await from(ip).attempt(id, { password: 'wrong' }))).toBe('PROOF_REJECTED');
    expect(word(await from(ip).attempt(id, { password: PASSWORD }))).toBe('COMPLETE');
  });

  test('does not block a session', async () => {
    const { secret } = await from(ip).enrollTotp(person.accessToken);
    app.clock.advance(31);
    const { id } = await from(ip).startStepUp({}, person.accessToken);
    const proof = { totp: from(ip).totp(secret) };
    // The token is from before the app was enrolled. What matters is that the proof was checked.
    expect(
      word(await new TestClient(app, { 'x-forwarded-for': ip }).attempt(id, proof, person.accessToken)),
    ).toBe('COMPLETE');
  });

  test('does not block a link', async () => {
    const other = await from('192.0.2.1').signUp();
    const { id } = await from(ip).startSignIn({ identifier: other.email });
    await from(ip).prepare(id, 'EMAIL_LINK');
    const linkToken = await from(ip).linkFor(other.email);
    expect(word(await from(ip).attempt(id, { linkToken }))).toBe('COMPLETE');
  });

  test('is limited in one tenant only', async () => {
    await query(
      app.databaseUrl,
      `insert into tenant select (jsonb_populate_record(t, '{"id": "acme"}')).* from tenant t where id = 'default'`,
    );
    const { id } = await from(ip).startSignIn({ identifier: person.email, tenant: 'acme' });
    expect(word(await from(ip).attempt(id, { password: 'wrong' }))).toBe('PROOF_REJECTED');
  });

  test('is audited without an IP address', async () => {
    const rows = await query(app.databaseUrl, 'select * from rate_limit');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(ip);
  });
});

// At a fifth of the defaults, which allow an office of 500 people: 600 wrong guesses and 3000 starts an hour.
test('an office of 100 people behind one address can sign in, even if each mistypes once', async () => {
  const office = await startTestApp({
    TRUSTED_PROXIES: 'loopback',
    FAILURES_PER_IP_HOURLY: '120',
    FAILURES_PER_PREFIX_HOURLY: '400',
    STARTS_PER_IP_HOURLY: '600',
    STARTS_PER_PREFIX_HOURLY: '2000',
  });
  try {
    const client = from('198.51.100.1', office);
    const people = await Promise.all(Array.from({ length: 10 }, () => client.signUp()));
    const signIns = people.map(async ({ email, password }) => {
      const answers: string[] = [];
      for (let colleague = 0; colleague < 10; colleague += 1) {
        const { id } = await client.startSignIn({ identifier: email });
        answers.push(word(await client.attempt(id, { password: 'mistyped' })));
        answers.push(word(await client.attempt(id, { password })));
      }
      return answers;
    });
    const answers = (await Promise.all(signIns)).flat();
    expect(count(answers, 'PROOF_REJECTED')).toBe(100);
    expect(count(answers, 'COMPLETE')).toBe(100);
    // The same limits stop an attacker in the same office.
    const accounts = Array.from({ length: 10 }, nobody);
    const sprayed = await Promise.all(accounts.map((account) => spray(client, [account])));
    expect(count(sprayed.flat(), 'PROOF_REJECTED')).toBeLessThan(40);
    expect(count(sprayed.flat(), 'TOO_MANY_REQUESTS')).toBeGreaterThan(40);
  } finally {
    await office[Symbol.asyncDispose]();
  }
});

describe('a flood of new workflows', () => {
  test('stops at the limit of its address, without storing more rows', async () => {
    const small = await startTestApp({
      TRUSTED_PROXIES: 'loopback',
      STARTS_PER_IP_HOURLY: '10',
      STARTS_PER_PREFIX_HOURLY: '25',
    });
    try {
      const rows = async () => (await query(small.databaseUrl, 'select id from workflow')).length;
      const flood = (ip: string): Promise<Step[]> =>
        Promise.all(
          Array.from({ length: 20 }, () => from(ip, small).startSignIn({ identifier: nobody().email })),
        );
      const answers = await flood('203.0.113.1');
      expect(count(answers.map(word), 'TOO_MANY_REQUESTS')).toBe(10);
      expect(answers.at(-1)?.retryAfterSeconds).toBeGreaterThan(3590);
      expect(await rows()).toBe(10);
      const client = from('203.0.113.1', small);
      const email = 'somebody@example.com';
      expect(word(await client.startPasswordReset({ identifier: email }))).toBe('TOO_MANY_REQUESTS');
      expect(word(await client.startSignUp({ email, password: PASSWORD }))).toBe('TOO_MANY_REQUESTS');
      expect(await client.inbox()).toEqual([]);
      for (const host of [2, 3]) await flood(`203.0.113.${host}`);
      expect(await rows()).toBe(25);
      expect(word(await from('203.0.114.1', small).startSignIn({ identifier: email }))).toBe(
        'NEEDS_FIRST_FACTOR',
      );
    } finally {
      await small[Symbol.asyncDispose]();
    }
  });
});

describe('guesses at the code of a sign-up', () => {
  test.each([
    ['free', async () => nobody().email],
    ['taken', async () => (await from('192.0.2.1').signUp()).email],
  ])('keep counting when it is started again, for an address that is %s', async (_what, address) => {
    const email = await address();
    const answers: string[] = [];
    for (let signUps = 0; signUps < 3; signUps += 1) {
      const client = from(`${newNetwork()}.1`);
      const { id } = await client.startSignUp({ email, password: PASSWORD });
      for (let guesses = 0; guesses < 4; guesses += 1)
        answers.push(word(await client.attempt(id, { emailCode: '000000' })));
    }
    expect(answers).toEqual([...Array(10).fill('PROOF_REJECTED'), 'LOCKED_OUT', 'LOCKED_OUT']);
    // The real owner has a link.
    const owner = from('192.0.2.1');
    const { id } = await owner.startSignUp({ email, password: PASSWORD });
    expect(word(await owner.prepare(id, 'EMAIL_LINK'))).not.toBe('LOCKED_OUT');
  });

  test('do not lock sign-ins of the owner of the address, or of a user who signs up with it later', async () => {
    const owner = await from('192.0.2.1').signUp();
    const client = from(`${newNetwork()}.1`);
    for (let signUps = 0; signUps < 3; signUps += 1) {
      const { id } = await client.startSignUp({ email: owner.email, password: PASSWORD });
      for (let guesses = 0; guesses < 4; guesses += 1) await client.attempt(id, { emailCode: '000000' });
    }
    const { id } = await from('192.0.2.1').startSignIn({ identifier: owner.email });
    await from('192.0.2.1').prepare(id, 'EMAIL_CODE');
    const emailCode = await client.codeFor(owner.email);
    expect(word(await from('192.0.2.1').attempt(id, { emailCode }))).toBe('COMPLETE');
  });

  test('do not include earlier guesses at sign-ins with the same address', async () => {
    const { email } = nobody();
    const stranger = from(`${newNetwork()}.1`);
    for (let workflows = 0; workflows < 3; workflows += 1) {
      const { id } = await stranger.startSignIn({ identifier: email });
      await stranger.prepare(id, 'EMAIL_CODE');
      for (let guesses = 0; guesses < 4; guesses += 1) await stranger.attempt(id, { emailCode: '000000' });
    }
    expect((await from('192.0.2.1').signUp(email)).accessToken).toBeTruthy();
  });
});
