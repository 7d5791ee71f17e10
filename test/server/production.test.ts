// The server with NODE_ENV=production and its configuration: no development features are available.

import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { printedSchema } from '../../src/graphql/schema.ts';
import { createLog } from '../../src/platform/log.ts';
import { graphiqlBuild } from '../../src/server/graphiql-build.ts';
import { startTestApp, testDatabase } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const SECRET_KEYS = Buffer.alloc(32, 'production').toString('base64');
const SMTP_PASSWORD = 'smtp-password-7f3a';
const EMAIL = 'jane@example.com';
const PASSWORD = 'production password 1c9d';

const log: string[] = [];
let app: App;
let client: TestClient;
let database: Awaited<ReturnType<typeof testDatabase>>;

beforeAll(async () => {
  database = await testDatabase();
  const config = readConfig({
    NODE_ENV: 'production',
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    PUBLIC_URL: 'https://auth.example.com',
    SECRET_KEYS,
    SMTP_URL: `smtp://stepgate:${SMTP_PASSWORD}@127.0.0.1:${await closedPort()}`,
    MAIL_FROM: 'Stepgate <auth@example.com>',
    DRAIN_SECONDS: '0',
    BCRYPT_COST: '10',
  });
  app = await startApp({
    config,
    databaseUrl: config.databaseUrl ?? '',
    log: createLog('trace', { write: (line) => log.push(line) }),
  });
  client = new TestClient(app);
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

/** A local port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('in production', () => {
  test('there is no development inbox', async () => {
    await client.startSignUp({ email: EMAIL, password: PASSWORD });
    for (const path of ['/dev/inbox', '/dev/inbox.json', '/dev/inbox.json?x', '/dev/']) {
      const answer = await fetch(`${app.url}${path}`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
  });

  test('there is no GraphiQL, and no redirect to it', async () => {
    const answer = await fetch(`${app.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(answer.status).toBe(406);
    expect(answer.headers.get('content-type')).toContain('application/json');
    const { files } = await graphiqlBuild();
    for (const path of ['/', ...[...files.keys()].map((name) => `/graphiql/assets/${name}`)]) {
      expect((await fetch(`${app.url}${path}`, { redirect: 'manual' })).status, path).toBe(404);
    }
  });

  test('introspection is available to everyone', async () => {
    const { data } = await client.graphql(
      '{ __schema { queryType { name } } __type(name: "User") { name } }',
    );
    expect(data).toEqual({ __schema: { queryType: { name: 'Query' } }, __type: { name: 'User' } });
  });

  test('a message that cannot be delivered is retried, and neither its code nor a password is logged', async () => {
    await client.startSignUp({ email: EMAIL, password: PASSWORD });
    await vi.waitFor(() => expect(log.join('')).toMatch(/ECONNREFUSED|connect/i), { timeout: 10_000 });
    const written = log.join('');
    for (const secret of [SMTP_PASSWORD, PASSWORD, EMAIL, SECRET_KEYS]) expect(written).not.toContain(secret);
    expect(written).not.toMatch(/Your code is|"\d{6}"/);
    const jobs = await query(
      database.url,
      'select id from graphile_worker.jobs where last_error is not null',
    );
    expect(jobs.length).toBeGreaterThan(0);
  });

  test.each([
    ['a field', '{ viewr { id } }'],
    ['an argument', '{ workflow(di: "x") { id } }'],
    ['a type', '{ workflow(id: "x") { ... on SignInn { id } } }'],
    ['an input field', 'mutation { startSignIn(input: { identifer: "x" }) { __typename } }'],
    [
      'an enum value',
      'mutation { prepareFactor(input: { workflowId: "x", factor: PASWORD }) { __typename } }',
    ],
    ['a directive', '{ settings @skp(if: true) { __typename } }'],
    ['a variable’s type', 'query ($x: FactorKnd) { settings { __typename } }'],
  ])('an error about a misspelled name of %s has no suggestions', async (_what, document) => {
    const { status, errors, text } = await client.graphql(document);
    expect(status).toBe(400);
    expect(errors.length).toBeGreaterThan(0);
    expect(text).not.toMatch(/did you mean/i);
    for (const name of ['viewer', 'SignIn"', 'identifier', 'PASSWORD', 'FactorKind"'])
      expect(text).not.toContain(`"${name}`);
  });

  test('an error in a variable has no suggestions', async () => {
    const document = 'mutation ($input: StartSignInInput!) { startSignIn(input: $input) { __typename } }';
    const { text } = await client.graphql(document, { input: { identifer: 'x' } });
    expect(text).toContain('BAD_USER_INPUT');
    expect(text).not.toMatch(/did you mean/i);
  });

  test('an internal failure reveals no details', async () => {
    await query(database.url, 'alter table tenant rename to gone_for_now');
    const { text } = await client.graphql('{ settings { secondFactorPolicy } }');
    await query(database.url, 'alter table gone_for_now rename to tenant');
    expect(text).toContain('"Unexpected error."');
    expect(text).not.toMatch(/tenant|relation|originalError|stack|\.ts/);
  });
});

test('in development, errors about the same names have suggestions', async () => {
  await using development = await startTestApp();
  const { text } = await new TestClient(development).graphql('{ viewr { id } }');
  expect(text).toContain('Did you mean');
});

describe('with the defaults of GRAPHIQL and INTROSPECTION reversed', () => {
  test('a production server serves GraphiQL', async () => {
    await using other = await startTestApp({
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      DATABASE_URL: database.url,
      PUBLIC_URL: 'https://auth.example.com',
      SECRET_KEYS,
      SMTP_URL: 'smtp://127.0.0.1:9',
      MAIL_FROM: 'Stepgate <auth@example.com>',
      BCRYPT_COST: '10',
      GRAPHIQL: 'on',
    });
    const page = await fetch(`${other.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    const [schema = ''] = /\/graphiql\/assets\/schema-[\w-]+\.graphql/.exec(await page.text()) ?? [];
    expect(await (await fetch(`${other.url}${schema}`)).text()).toBe(printedSchema());
  });

  test('GraphiQL gets no schema where introspection is off', async () => {
    await using other = await startTestApp({ INTROSPECTION: 'off' });
    const page = await fetch(`${other.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('"schema":null');
    const name = createHash('sha256').update(printedSchema()).digest('base64url');
    expect((await fetch(`${other.url}/graphiql/assets/schema-${name}.graphql`)).status).toBe(404);
  });

  test('a development server serves no GraphiQL, no introspection and no suggestions', async () => {
    await using other = await startTestApp({ GRAPHIQL: 'off', INTROSPECTION: 'off' });
    const page = await fetch(`${other.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(406);
    const there = new TestClient(other);
    for (const document of [
      '{ __schema { queryType { name } } }',
      '{ a: __type(name: "User") { name } }',
      '{ ...F } fragment F on Query { __schema { types { name } } }',
    ]) {
      const { data, errors } = await there.graphql(document);
      expect(data).toBeNull();
      expect(errors[0]).toMatchObject({
        message: expect.stringContaining('introspection'),
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      });
    }
    expect((await there.graphql('{ viewr { id } }')).text).not.toContain('Did you mean');
    expect((await there.graphql('{ __typename settings { __typename } }')).errors).toEqual([]);
  });
});
