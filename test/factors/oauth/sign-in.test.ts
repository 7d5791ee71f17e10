// Signing in and up with an identity provider, against a real one.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestApp } from '../../harness/app.ts';
import { TestClient } from '../../harness/client.ts';
import { IdentityProvider } from '../../harness/identity-provider.ts';
import { ScriptedBrowser } from '../../harness/provider-visit.ts';
import { query } from '../../harness/sql.ts';
import {
  appWith,
  attempt,
  COOKIES,
  callback,
  entry,
  native,
  prepare,
  RETURN_URL,
  signInWith,
  visit,
  visitInBrowser,
} from './visits.ts';

let provider: IdentityProvider;
let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  provider = await IdentityProvider.start({ redirectUris: [callback('work'), native('work')] });
  app = await appWith([entry('work', provider, { addresses: 'email_verified' })]);
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

function newVisitor(more: object = {}): { sub: string; email: string } {
  const sub = randomUUID();
  const visitor = { sub, email: `${sub}@example.com`, email_verified: true, name: 'Jane Doe', ...more };
  provider.visitor = visitor;
  return visitor;
}

describe('without an identifier', () => {
  test('an unknown identity with a verified address gets an account, and the same one the next time', async () => {
    const { email } = newVisitor();
    const first = await signInWith(client, 'work');
    expect(first).toMatchObject({ __typename: 'SignIn', status: 'COMPLETE' });
    const again = await signInWith(client, 'work');
    expect(again.status).toBe('COMPLETE');
    const viewer =
      '{ viewer { id name emailAddresses { address verifiedAt } assurance { level evidence { factor categories } } } }';
    const [one, other] = await Promise.all(
      [first, again].map((reply) => client.graphql(viewer, {}, reply.session?.accessToken)),
    );
    expect(one?.data.viewer).toMatchObject({
      name: 'Jane Doe',
      emailAddresses: [{ address: email, verifiedAt: expect.any(String) }],
      assurance: { level: 'AAL1', evidence: [{ factor: 'OAUTH', categories: ['KNOWLEDGE'] }] },
    });
    expect(other?.data.viewer.id).toBe(one?.data.viewer.id);
  });

  test('through our callback, in a browser with session cookies', async () => {
    newVisitor();
    const browser = new ScriptedBrowser(app);
    const { id } = await client.startSignIn({});
    const answer = await visitInBrowser(client, browser, id, 'work');
    expect(Object.keys(answer).toSorted()).toEqual(['code', 'iss', 'providerId', 'state']);
    const headers = { ...COOKIES, cookie: browser.cookieHeader };
    const done = await attempt(client, id, answer, { headers });
    expect(done.status).toBe('COMPLETE');
    expect(done.cookies.getSetCookie().join()).toContain('__Host-stepgate-access=');
  });

  test('the page of the application gets the answer after the #, and nothing else', async () => {
    newVisitor();
    const browser = new ScriptedBrowser(app);
    const { id } = await client.startSignIn({});
    const { reply, headers } = await prepare(
      client,
      { workflowId: id, providerId: 'work' },
      { headers: COOKIES },
    );
    browser.keep(headers);
    const page = await browser.follow(reply.challenge?.request.url ?? '');
    expect(page).toBeInstanceOf(URL);
    expect(`${(page as URL).origin}${(page as URL).pathname}${(page as URL).search}`).toBe(RETURN_URL);
  });

  test('the challenge shows the URL of the provider, and neither nonce, verifier nor state is stored readable', async () => {
    newVisitor();
    const { id } = await client.startSignIn({});
    const { url } = await visit(client, id, 'work');
    const asked = new URL(url).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(asked.get('nonce')).toMatch(/^[\w-]{43}$/);
    const rows = JSON.stringify(
      await query(
        app.databaseUrl,
        'select snapshot::text, c.secret, c.code_digest from workflow w join challenge c on c.workflow_id = w.id',
      ),
    );
    expect(rows).not.toContain(asked.get('nonce'));
    expect(rows).not.toContain(asked.get('code_verifier') ?? 'verifier');
    const stored = await query(app.databaseUrl, 'select code_digest from challenge where code_digest = $1', [
      asked.get('state'),
    ]);
    expect(stored).toEqual([]);
  });
});

test('`settings` lists the providers, and every sign-in offers them, whether or not the account exists', async () => {
  const { data } = await client.graphql('{ settings { firstFactors providers { id name } } }');
  expect(data.settings).toEqual({
    firstFactors: expect.arrayContaining(['OAUTH']),
    providers: [{ id: 'work', name: 'Provider WORK' }],
  });
  const { email } = await client.signUp();
  const offered = await Promise.all(
    [email, `${randomUUID()}@example.com`].map(async (identifier) => {
      const step = await client.startSignIn({ identifier });
      return step.factors.map(({ factor, hint }) => ({ factor, hint }));
    }),
  );
  expect(offered[0]).toEqual(offered[1]);
  expect(offered[0]).toContainEqual({ factor: 'OAUTH', hint: 'Provider WORK' });
});

test('an identity with an address that the provider has not verified gets no account', async () => {
  newVisitor({ email_verified: false });
  expect(await signInWith(client, 'work')).toMatchObject({ code: 'IDENTITY_NOT_LINKED' });
});
