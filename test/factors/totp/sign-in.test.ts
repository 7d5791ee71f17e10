// Authenticator apps over HTTP: each code is accepted once, across all parallel requests, and the secret cannot be
// read.
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

/** A user with an authenticator app. A time step has just begun, and its code is unused. */
async function enrolled(): Promise<Enrolled> {
  const person = await client.signUp();
  const { secret } = await client.enrollTotp(person.accessToken);
  app.clock.advance(30 - ((app.clock.now().getTime() / 1000) % 30));
  return { ...person, secret };
}

/** A sign-in that is waiting for the second factor. */
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

describe('a TOTP code is accepted once', () => {
  test('across 20 parallel sign-ins', async () => {
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

  test('and then in no other sign-in or step-up', async () => {
    const person = await enrolled();
    const totp = client.totp(person.secret);
    const tokens = await client.signIn(person, { totp });
    await refused(person, totp);
    const stepUp = await client.startStepUp({}, tokens.accessToken);
    const step = await client.attempt(stepUp.id, { totp }, tokens.accessToken);
    expect(outcomeOf(step)).toBe('PROOF_REJECTED');
  });

  test('including the code that confirmed the app', async () => {
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    await refused({ ...person }, client.totp(secret));
  });

  test('and an unused older code is rejected after a newer one', async () => {
    const person = await enrolled();
    await client.signIn(person, { totp: client.totp(person.secret, 1) });
    await refused(person, client.totp(person.secret));
    app.clock.advance(30);
    await refused(person, client.totp(person.secret));
    await client.signIn(person, { totp: client.totp(person.secret, 1) });
  });
});

test('a TOTP code two time steps away is rejected', async () => {
  const person = await enrolled();
  app.clock.advance(60);
  await refused(person, client.totp(person.secret, -2));
  await refused(person, client.totp(person.secret, 2));
  await client.signIn(person, { totp: client.totp(person.secret, -1) });
});

test.each([
  ['as apps show them', (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`],
  ['around it', (code: string) => `  ${code}\t`],
  ['of any width', (code: string) => `${code.slice(0, 3)}\u00a0\u2009${code.slice(3)}`],
])('spaces in a TOTP code are ignored, %s', async (_where, spaced) => {
  const person = await enrolled();
  await client.signIn(person, { totp: spaced(client.totp(person.secret)) });
});

test.each(['', '      ', '12345', '1234567', 'abcdef', '１２３４５６', '-12345'])(
  'a malformed TOTP code is rejected: %j',
  async (totp) => {
    await refused(await enrolled(), totp);
  },
);

describe('the TOTP secret', () => {
  test('has 160 bits and differs for each user', async () => {
    const { accessToken } = await client.signUp();
    const secrets: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const { totp } = await client.startEnrollment({ factor: 'TOTP' }, accessToken);
      secrets.push(totp?.secret ?? '');
    }
    expect(new Set(secrets).size).toBe(5);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/); // 32 symbols of 5 bits
  });

  test('is stored sealed', async () => {
    const person = await enrolled();
    const { secret } = await storedSecret(person);
    expect(secret).toMatch(/^[0-9a-f]{8}\.[\w-]{40,}$/);
    expect(secret).not.toContain(person.secret);
    expect(Buffer.from(secret.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toContain(
      person.secret,
    );
  });

  test('is bound to its row: copying it over another user’s secret does not work', async () => {
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

describe('the enrollment data of an authenticator app', () => {
  test('contains a key URI with issuer, account and secret, and only usual parameters', async () => {
    const { email, accessToken } = await client.signUp('jane+test@example.com');
    const { totp } = await client.startEnrollment({ factor: 'TOTP' }, accessToken);
    const uri = new URL(totp?.uri ?? '');
    expect(uri.protocol).toBe('otpauth:');
    expect(uri.host).toBe('totp');
    // Exactly one colon, between issuer and account. An issuer with a port would add a second one.
    expect(decodeURIComponent(uri.pathname.slice(1)).split(':')).toEqual(['localhost', email]);
    expect(Object.fromEntries(uri.searchParams)).toEqual({ issuer: 'localhost', secret: totp?.secret });
  });

  test('contains a QR code, an SVG image without scripts or external resources', async () => {
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

  test('is available until the app is confirmed, and never afterwards', async () => {
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

test('an unconfirmed authenticator app is not a second factor', async () => {
  const person = await client.signUp();
  const { totp } = await client.startEnrollment({ factor: 'TOTP' }, person.accessToken);
  expect(totp?.secret).toBeDefined();
  const { id } = await client.startSignIn({ identifier: person.email });
  expect((await client.attempt(id, { password: person.password })).status).toBe('COMPLETE');
});

test('two authenticator apps are independent: a used time step of one does not affect the other', async () => {
  const person = await enrolled();
  const tokens = await client.signIn(person, { totp: client.totp(person.secret) });
  const second = await client.enrollTotp(tokens.accessToken);
  app.clock.advance(30);
  await client.signIn(person, { totp: client.totp(person.secret) });
  await client.signIn(person, { totp: client.totp(second.secret) });
  const foreign = generateSync({ secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' });
  await refused(person, foreign);
});
