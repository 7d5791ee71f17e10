// Authenticator apps over HTTP: each code once, whoever asks in how many places at once; and a secret that is nowhere
// to be read.
import { generateSync } from 'otplib';
import QRCode from 'qrcode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type Person, type Step, TestClient } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';
import { whileHeld } from '../held-rows.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

interface Enrolled extends Person {
  readonly secret: string;
}

/** Somebody with an authenticator app. A step has just begun, and its code was not used yet. */
async function enrolled(): Promise<Enrolled> {
  const person = await client.signUp();
  const { secret } = await client.enrollTotp(person.accessToken);
  app.clock.advance(30 - ((app.clock.now().getTime() / 1000) % 30));
  return { ...person, secret };
}

/** A sign-in that waits for the second factor. */
async function halfSignedIn({ email, password }: Person): Promise<string> {
  const { id } = await client.startSignIn({ identifier: email });
  const step = await client.attempt(id, { password });
  expect(step.status).toBe('NEEDS_SECOND_FACTOR');
  return id;
}

function outcomeOf({ status, code }: Step): string {
  return status ?? code ?? '';
}

async function refused(person: Person, totp: string): Promise<void> {
  expect(outcomeOf(await client.attempt(await halfSignedIn(person), { totp }))).toBe('PROOF_REJECTED');
}

async function storedSecret({ email }: Person): Promise<{ id: string; secret: string }> {
  const [row] = await query<{ id: string; secret: string }>(
    app.databaseUrl,
    `select a.id, a.secret from authenticator a join email_address e using (user_id)
     where a.factor = 'TOTP' and e.address = $1`,
    [email],
  );
  return row ?? { id: '', secret: '' };
}

describe('a code is accepted once', () => {
  test('of 20 that arrive at once, each in a sign-in of its own, one wins', async () => {
    const person = await enrolled();
    const workflows: string[] = [];
    for (let count = 0; count < 20; count += 1) workflows.push(await halfSignedIn(person));
    const totp = client.totp(person.secret);
    const rows = `select 1 from authenticator where factor = 'TOTP' and id = $1`;
    const steps = await whileHeld(app.databaseUrl, rows, [(await storedSecret(person)).id], 5, () =>
      Promise.all(workflows.map((id) => client.attempt(id, { totp }))),
    );
    const outcomes = steps.map(outcomeOf);
    expect(outcomes.filter((one) => one === 'COMPLETE')).toHaveLength(1);
    expect(steps.filter((one) => one.session != null)).toHaveLength(1);
    for (const outcome of outcomes) {
      expect(['COMPLETE', 'CONFLICT', 'PROOF_REJECTED', 'LOCKED_OUT']).toContain(outcome);
    }
  });

  test('and then nowhere else: not in a sign-in, nor in a step-up', async () => {
    const person = await enrolled();
    const totp = client.totp(person.secret);
    const tokens = await client.signIn(person, { totp });
    await refused(person, totp);
    const stepUp = await client.startStepUp({}, tokens.accessToken);
    const step = await client.attempt(stepUp.id, { totp }, tokens.accessToken);
    expect(outcomeOf(step)).toBe('PROOF_REJECTED');
  });

  test('not even the one that enrolled it', async () => {
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    await refused({ ...person }, client.totp(secret));
  });

  test('one older than the newest that was accepted is refused, though it was never used', async () => {
    const person = await enrolled();
    await client.signIn(person, { totp: client.totp(person.secret, 1) });
    await refused(person, client.totp(person.secret));
    app.clock.advance(30);
    await refused(person, client.totp(person.secret));
    await client.signIn(person, { totp: client.totp(person.secret, 1) });
  });
});

test('a code two steps away is refused, as if the clock of the app were wrong by a minute', async () => {
  const person = await enrolled();
  app.clock.advance(60);
  await refused(person, client.totp(person.secret, -2));
  await refused(person, client.totp(person.secret, 2));
  await client.signIn(person, { totp: client.totp(person.secret, -1) });
});

test.each([
  ['as apps show it', (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`],
  ['around it', (code: string) => `  ${code}\t`],
  ['of any width', (code: string) => `${code.slice(0, 3)}\u00a0\u2009${code.slice(3)}`],
])('spaces in a code are ignored, %s', async (_where, spaced) => {
  const person = await enrolled();
  await client.signIn(person, { totp: spaced(client.totp(person.secret)) });
});

test.each(['', '      ', '12345', '1234567', 'abcdef', '１２３４５６', '-12345'])(
  'what is no code is a wrong proof and no crash: %j',
  async (totp) => {
    await refused(await enrolled(), totp);
  },
);

describe('the secret', () => {
  test('is 160 bits, another one for everybody', async () => {
    const { accessToken } = await client.signUp();
    const secrets: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const { totp } = await client.startEnrollment({ factor: 'TOTP' }, accessToken);
      secrets.push(totp?.secret ?? '');
    }
    expect(new Set(secrets).size).toBe(5);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/); // 32 symbols of 5 bits
  });

  test('is sealed where it is stored', async () => {
    const person = await enrolled();
    const { secret } = await storedSecret(person);
    expect(secret).toMatch(/^[0-9a-f]{8}\.[\w-]{40,}$/);
    expect(secret).not.toContain(person.secret);
    expect(Buffer.from(secret.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toContain(
      person.secret,
    );
  });

  test('opens in its own row only: whoever copies theirs over another’s gets no further', async () => {
    const thief = await enrolled();
    const victim = await enrolled();
    const { id } = await storedSecret(victim);
    const { secret } = await storedSecret(thief);
    await query(app.databaseUrl, 'update authenticator set secret = $2 where id = $1', [id, secret]);
    const workflow = await halfSignedIn(victim);
    await expect(client.attempt(workflow, { totp: client.totp(thief.secret) })).rejects.toMatchObject({
      problem: { extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    });
    expect(app.log.some((line) => line.includes('SealBrokenError'))).toBe(true);
  });
});

describe('what an authenticator app is given', () => {
  test('a key URI that names issuer, account and secret, and asks for nothing but the usual', async () => {
    const { email, accessToken } = await client.signUp('jane+test@example.com');
    const { totp } = await client.startEnrollment({ factor: 'TOTP' }, accessToken);
    const uri = new URL(totp?.uri ?? '');
    expect(uri.protocol).toBe('otpauth:');
    expect(uri.host).toBe('totp');
    // One colon, which divides issuer and account: an issuer with a port would make it two.
    expect(decodeURIComponent(uri.pathname.slice(1)).split(':')).toEqual(['localhost', email]);
    expect(Object.fromEntries(uri.searchParams)).toEqual({ issuer: 'localhost', secret: totp?.secret });
  });

  test('the same as a QR code: an SVG image that loads nothing and runs nothing', async () => {
    const { accessToken } = await client.signUp();
    const { totp } = await client.startEnrollment({ factor: 'TOTP' }, accessToken);
    const [type, data] = (totp?.qrCode ?? '').split(',');
    expect(type).toBe('data:image/svg+xml;base64');
    const svg = Buffer.from(data ?? '', 'base64').toString('utf8');
    expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 (\d+) \1"[^>]*>.*<path [^>]*d="M[^"]+"\/><\/svg>\s*$/s);
    expect(svg).not.toMatch(/script|href|url\(|\son\w+=/i);
    // The code itself, with a margin of two modules on each side.
    const { modules } = QRCode.create(totp?.uri ?? '', { errorCorrectionLevel: 'M' });
    expect(svg).toContain(`viewBox="0 0 ${modules.size + 4} ${modules.size + 4}"`);
  });

  test('is shown again until it is proved, and never after', async () => {
    const { accessToken } = await client.signUp();
    const { id, totp } = await client.startEnrollment({ factor: 'TOTP' }, accessToken);
    const read = async () => {
      const asked = `query ($id: ID!) { workflow(id: $id) { status ... on Enrollment { totp { secret } backupCodes } } }`;
      return (await client.graphql(asked, { id }, accessToken)).data.workflow;
    };
    expect(await read()).toMatchObject({ totp: { secret: totp?.secret } });
    const done = await client.attempt(id, { totp: client.totp(totp?.secret ?? '') }, accessToken);
    expect(done).toMatchObject({ status: 'COMPLETE', totp: null });
    expect(await read()).toEqual({ status: 'COMPLETE', totp: null, backupCodes: null });
  });
});

test('an authenticator that was never proved is no second factor', async () => {
  const person = await client.signUp();
  const { totp } = await client.startEnrollment({ factor: 'TOTP' }, person.accessToken);
  expect(totp?.secret).toBeDefined();
  const { id } = await client.startSignIn({ identifier: person.email });
  expect((await client.attempt(id, { password: person.password })).status).toBe('COMPLETE');
});

test('each of two authenticator apps proves itself, and the steps of one do not use up the other’s', async () => {
  const person = await enrolled();
  const tokens = await client.signIn(person, { totp: client.totp(person.secret) });
  const second = await client.enrollTotp(tokens.accessToken);
  app.clock.advance(30);
  await client.signIn(person, { totp: client.totp(person.secret) });
  await client.signIn(person, { totp: client.totp(second.secret) });
  const foreign = generateSync({ secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' });
  await refused(person, foreign);
});
