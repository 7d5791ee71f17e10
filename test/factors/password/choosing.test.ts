// Choosing a password over HTTP: the tenant's policy applies at sign-up, change and reset, and to checks while the user
// types.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { PASSWORD, TestClient, tokensOf } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';
import { RangeServer } from './breached/range-server.ts';

const STRONG = 'zT7%kq9!Lw4#';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp({ PRODUCT_NAME: 'Zebrafish Vault' });
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const DEFAULTS =
  "password_minimum_length = 8, password_minimum_length_alone = 8, password_strength = 'LOW', password_characters = '[]', second_factor = 'OPTIONAL'";

async function settle(columns: string): Promise<void> {
  await query(app.databaseUrl, `update tenant set ${columns}`);
}

beforeEach(() => settle(DEFAULTS));

const PROBLEMS = 'problems { rule message suggestions timesSeen }';

interface Verdict {
  readonly rules: readonly string[];
  readonly message: string | null;
}

const REJECTION = `__typename ... on PasswordRejected { message ${PROBLEMS} }`;

function verdictOf(payload: { message?: string; problems?: readonly { rule: string }[] }): Verdict {
  return {
    rules: (payload.problems ?? []).map(({ rule }) => rule),
    message: payload.message ?? null,
  };
}

async function atSignUp(password: string, email = `${randomUUID()}@example.com`): Promise<Verdict> {
  const { data } = await client.graphql(
    `mutation ($input: StartSignUpInput!) { startSignUp(input: $input) { ${REJECTION} } }`,
    { input: { email, password } },
  );
  return verdictOf(data.startSignUp);
}

async function atChange(password: string): Promise<Verdict> {
  const person = await client.signUp(undefined, STRONG + PASSWORD);
  const { data } = await client.graphql(
    `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { ${REJECTION} } }`,
    { input: { newPassword: password } },
    person.accessToken,
  );
  return verdictOf(data.changePassword);
}

async function atReset(password: string): Promise<Verdict> {
  const { email } = await client.signUp(undefined, STRONG + PASSWORD);
  const { id } = await client.startPasswordReset({ identifier: email });
  await client.prepare(id, 'EMAIL_CODE');
  await client.attempt(id, { emailCode: await client.codeFor(email) });
  const { data } = await client.graphql(
    `mutation ($input: ChooseNewPasswordInput!) { chooseNewPassword(input: $input) { ${REJECTION} } }`,
    { input: { workflowId: id, newPassword: password } },
  );
  return verdictOf(data.chooseNewPassword);
}

async function check(input: object, token?: string) {
  const { data, errors } = await client.graphql(
    `query ($input: CheckPasswordInput!) { checkPassword(input: $input) { acceptable strength ${PROBLEMS} } }`,
    { input },
    token,
  );
  return { feedback: data?.checkPassword, errors };
}

async function atCheck(password: string): Promise<Verdict> {
  const { feedback } = await check({ password });
  expect(feedback.acceptable).toBe(feedback.problems.length === 0);
  return verdictOf(feedback);
}

describe.each([
  ['a sign-up', atSignUp],
  ['a change', atChange],
  ['a reset', atReset],
  ['a check', atCheck],
])('at %s', (_where, choose) => {
  test('a password that is too short, too long or too weak is rejected, and another is accepted', async () => {
    expect((await choose('zT7%kq9')).rules).toEqual(['TOO_SHORT']);
    expect((await choose('x'.repeat(257))).rules).toEqual(['TOO_LONG']);
    expect((await choose('abcdefghijkl')).rules).toContain('TOO_WEAK');
    expect((await choose(STRONG)).rules).toEqual([]);
  });

  test('the tenant’s settings for length, strength and characters apply', async () => {
    await settle(
      `password_minimum_length_alone = 11, password_strength = 'HIGH', password_characters = '["UPPERCASE","DIGIT"]'`,
    );
    expect((await choose('zT7%kq9!Lw')).rules).toEqual(['TOO_SHORT']);
    expect((await choose('orange tractor')).rules).toEqual([
      'UPPERCASE_MISSING',
      'DIGIT_MISSING',
      'TOO_WEAK',
    ]);
    expect((await choose(STRONG)).rules).toEqual([]);
  });

  test('a password that may be the only factor must be longer', async () => {
    await settle('password_minimum_length = 8, password_minimum_length_alone = 15');
    expect((await choose(STRONG)).rules).toEqual(['TOO_SHORT']);
    expect((await choose(PASSWORD)).rules).toEqual([]);
  });
});

test('where every user needs a second factor, the shorter length applies', async () => {
  await settle("password_minimum_length = 8, password_minimum_length_alone = 15, second_factor = 'REQUIRED'");
  expect((await atSignUp(STRONG)).rules).toEqual([]);
  expect((await atCheck(STRONG)).rules).toEqual([]);
  const { data } = await client.graphql('{ settings { passwordPolicy { minimumLength } } }');
  expect(data.settings.passwordPolicy.minimumLength).toBe(8);
});

test('the password policy is in the public settings', async () => {
  const read = async () =>
    (
      await client.graphql(
        '{ settings { passwordPolicy { minimumLength maximumLength strength characters } } }',
      )
    ).data.settings.passwordPolicy;
  expect(await read()).toEqual({ minimumLength: 8, maximumLength: 256, strength: 'LOW', characters: [] });
  await settle(
    `password_minimum_length_alone = 20, password_strength = 'HIGH', password_characters = '["DIGIT"]'`,
  );
  expect(await read()).toMatchObject({ minimumLength: 20, strength: 'HIGH', characters: ['DIGIT'] });
});

test('a rejection lists every problem and how to fix it, without repeating the password', async () => {
  const password = 'abcdefghijkl';
  const { message } = await atSignUp(password);
  expect(message).toMatch(/easy to guess/);
  expect(message).toMatch(/Add|Avoid|Choose/);
  expect(message).not.toContain(password);
  const { feedback } = await check({ password });
  expect(feedback).toMatchObject({ acceptable: false, strength: 'NONE' });
  const weak = feedback.problems.find(({ rule }: { rule: string }) => rule === 'TOO_WEAK');
  expect(weak.suggestions.length).toBeGreaterThan(0);
  expect(weak.timesSeen).toBeNull();
});

describe('a breached password', () => {
  test('is rejected at each place and with each source, with its count', async () => {
    await using service = await RangeServer.start();
    service.breached.set(STRONG, 4711);
    await using online = await startTestApp({
      BREACHED_PASSWORDS: 'online',
      BREACHED_PASSWORDS_URL: service.url,
    });
    const person = new TestClient(online);
    const { data } = await person.graphql(
      `mutation ($input: StartSignUpInput!) { startSignUp(input: $input) { ${REJECTION} } }`,
      { input: { email: 'someone@example.com', password: STRONG } },
    );
    expect(data.startSignUp.problems).toEqual([
      { rule: 'BREACHED', message: expect.stringContaining('4711 times'), suggestions: [], timesSeen: 4711 },
    ]);
    expect((await person.signUp(undefined, PASSWORD)).accessToken).not.toBe('');
    expect(JSON.stringify(service.requests)).not.toContain(STRONG);
    expect(online.log.filter((line) => line.includes(STRONG))).toEqual([]);
  });

  test('is rejected in upper and lower case if it is common, without a count', async () => {
    for (const password of ['password123', 'PassWord123']) {
      const { feedback } = await check({ password });
      const [first] = feedback.problems;
      expect(first).toMatchObject({ rule: 'BREACHED', timesSeen: null });
    }
  });

  test('is accepted or rejected during an outage, as the operator has configured', async () => {
    const away = { BREACHED_PASSWORDS: 'online', BREACHED_PASSWORDS_URL: 'http://127.0.0.1:1' };
    await using lenient = await startTestApp(away);
    expect((await new TestClient(lenient).signUp()).accessToken).not.toBe('');
    expect(lenient.log.filter((line) => line.includes('breached password checks are failing'))).toHaveLength(
      1,
    );

    await using strict = await startTestApp({ ...away, BREACHED_PASSWORDS_UNREACHABLE: 'refuse' });
    const step = await new TestClient(strict).startSignUp({ email: 'a@example.com', password: PASSWORD });
    expect(step).toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 30 });
    const rows = await query(strict.databaseUrl, 'select id from user_account');
    expect(rows).toEqual([]);
  });
});

describe('words about the user or the product', () => {
  test('make a password weak: the email address of the sign-up, and its domain', async () => {
    const password = 'florentinequibble';
    expect((await atSignUp(password)).rules).toEqual([]);
    expect((await atSignUp(password, 'florentine.quibble@example.com')).rules).toEqual(['TOO_WEAK']);
    expect((await check({ password, email: 'Florentine.Quibble@exa' })).feedback.problems).toMatchObject([
      { rule: 'TOO_WEAK' },
    ]);
    expect((await check({ password, name: 'Florentine Quibble' })).feedback.acceptable).toBe(false);
  });

  test('include the user’s name, at sign-up and later', async () => {
    const [password, email] = ['montaguethistle', `${randomUUID()}@example.com`];
    const step = await client.startSignUp({ email, password, name: 'Montague Thistle' });
    expect(step.code).toBe('PASSWORD_REJECTED');
    const taken = await client.startSignUp({ email, password: STRONG, name: 'Montague Thistle' });
    const { accessToken } = tokensOf(
      await client.attempt(taken.id, { emailCode: await client.codeFor(email) }),
    );
    expect((await check({ password })).feedback.acceptable).toBe(true);
    expect((await check({ password }, accessToken)).feedback.acceptable).toBe(false);
  });

  test('include the product’s name', async () => {
    expect((await atSignUp('zebrafishvault')).rules).toEqual(['TOO_WEAK']);
  });

  test('include a signed-in user’s own address without sending it', async () => {
    const { accessToken } = await client.signUp('balthasar.quimby@example.com');
    const password = 'balthasarquimby';
    expect((await check({ password })).feedback.acceptable).toBe(true);
    expect((await check({ password }, accessToken)).feedback.acceptable).toBe(false);
  });
});

describe('a password check while the user types', () => {
  test('returns the strength, unless the length is wrong', async () => {
    expect((await check({ password: 'abc' })).feedback).toMatchObject({
      acceptable: false,
      strength: null,
      problems: [{ rule: 'TOO_SHORT', message: expect.stringContaining('at least 8'), suggestions: [] }],
    });
    expect((await check({ password: STRONG })).feedback).toEqual({
      acceptable: true,
      strength: 'HIGH',
      problems: [],
    });
  });

  test('is not accepted in a URL, which servers log', async () => {
    const document = '{ checkPassword(input: { password: "zT7%kq9!Lw4#" }) { acceptable } }';
    const response = await fetch(`${app.url}/graphql?query=${encodeURIComponent(document)}`, {
      headers: { 'x-graphql-yoga-csrf': '1', accept: 'application/json' },
    });
    const { data, errors } = (await response.json()) as { data: unknown; errors: { message: string }[] };
    expect(data ?? null).toBeNull();
    expect(errors[0]?.message).toContain('POST');
  });

  test('rejects invalid input with an error for the field', async () => {
    for (const input of [
      { password: 'x'.repeat(4097) },
      { password: STRONG, name: 'x'.repeat(129) },
      { password: STRONG, email: 'x'.repeat(255) },
      { password: STRONG, tenant: 'No Tenant' },
    ]) {
      const { errors } = await check(input);
      expect(errors[0]?.extensions.code).toBe('INVALID_INPUT');
    }
  });

  test('leaves the password in no log and no table', async () => {
    const canary = 'canary-Qz81-typed-password';
    await check({ password: canary, email: 'typed@example.com' });
    await check({ password: `${canary}${'x'.repeat(5000)}` });
    expect(app.log.filter((line) => line.includes('canary-Qz81'))).toEqual([]);
    const tables = await query<{ name: string }>(
      app.databaseUrl,
      "select table_name as name from information_schema.tables where table_schema = 'public'",
    );
    for (const { name } of tables) {
      const rows = await query<{ row: string }>(app.databaseUrl, `select t::text as row from "${name}" t`);
      expect(rows.filter(({ row }) => row.includes('canary-Qz81'))).toEqual([]);
    }
  });
});

test('password checks are limited for each network, with the time to retry, without blocking other users', async () => {
  await using other = await startTestApp({ TRUSTED_PROXIES: 'loopback' });
  const flooding = new TestClient(other);
  const send = (ip: string) =>
    flooding.graphql('{ checkPassword(input: { password: "short" }) { acceptable } }', {}, undefined, {
      'x-forwarded-for': ip,
    });
  const answers = [];
  for (let at = 0; at < 12; at += 1) {
    answers.push(
      ...(await Promise.all(Array.from({ length: 25 }, (_, one) => send(`203.0.113.${one + 1}`)))),
    );
  }
  const refused = answers.filter(({ errors }) => errors[0]?.extensions.code === 'TOO_MANY_CHECKS');
  expect(refused).toHaveLength(300 - 240);
  for (const { errors } of refused) expect(errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThan(0);
  expect((await send('198.51.100.1')).data.checkPassword).toEqual({ acceptable: false });
  expect((await flooding.signUp()).accessToken).not.toBe('');
});
