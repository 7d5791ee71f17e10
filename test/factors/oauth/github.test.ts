// A provider of plain OAuth 2, in the form of GitHub: no ID token, errors with status 200, and addresses in a list.
import { randomInt, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApp } from '../../harness/app.ts';
import { TestClient } from '../../harness/client.ts';
import { CLIENT_ID, CLIENT_SECRET } from '../../harness/identity-provider.ts';
import { type LoopbackRequest, LoopbackServer } from '../../harness/loopback-server.ts';
import { appWith, native, type Reply, signInWith, visit } from './visits.ts';

interface Address {
  readonly email: string;
  readonly primary: boolean;
  readonly verified: boolean;
}

class GitHubShaped extends LoopbackServer {
  id: unknown = 1;
  /** What the owner typed into the public profile. */
  publicEmail: string | null = null;
  addresses: readonly Address[] = [];
  broken: string | null = null;
  readonly exchanges: URLSearchParams[] = [];
  readonly #challenges = new Map<string, string>();

  protected respond({ path, body, headers }: LoopbackRequest, response: ServerResponse): void {
    const url = new URL(path, this.url);
    const json = (value: unknown, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (url.pathname === this.broken) return json({ message: 'Server Error' }, 502);
    switch (url.pathname) {
      case '/login/oauth/authorize': {
        const code = randomUUID();
        this.#challenges.set(code, url.searchParams.get('code_challenge') ?? '');
        const back = new URL(url.searchParams.get('redirect_uri') ?? '');
        back.searchParams.set('code', code);
        back.searchParams.set('state', url.searchParams.get('state') ?? '');
        return void response.writeHead(302, { location: back.href }).end();
      }
      case '/login/oauth/access_token': {
        const form = new URLSearchParams(body);
        this.exchanges.push(form);
        const isRight =
          form.get('client_secret') === CLIENT_SECRET && this.#challenges.delete(form.get('code') ?? '');
        // GitHub answers mistakes with status 200.
        return json(
          isRight
            ? { access_token: 'gho_token', token_type: 'bearer', scope: 'user:email' }
            : { error: 'bad_verification_code' },
        );
      }
      default: {
        if (headers.authorization !== 'Bearer gho_token' || !headers['user-agent']) return json({}, 401);
        if (url.pathname === '/api/v3/user')
          return json({ id: this.id, login: 'octocat', name: 'Mona', email: this.publicEmail });
        return json(this.addresses);
      }
    }
  }
}

let github: GitHubShaped;
let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  github = await new GitHubShaped().listen();
  app = await appWith([
    {
      id: 'hub',
      preset: 'github',
      issuer: github.url,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      redirectUris: [native('hub')],
    },
    {
      id: 'plain',
      name: 'Plain',
      issuer: `${github.url}/plain`,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      signUp: 'always',
      endpoints: {
        authorization: `${github.url}/login/oauth/authorize`,
        token: `${github.url}/login/oauth/access_token`,
        userinfo: `${github.url}/api/v3/user`,
        subject: 'id',
      },
      redirectUris: [native('plain')],
    },
  ]);
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

let email: string;
beforeEach(() => {
  email = `${randomUUID()}@example.com`;
  github.id = randomInt(1_000_000_000);
  github.publicEmail = null;
  github.broken = null;
  github.addresses = [
    { email: `other-${email}`, primary: false, verified: true },
    { email, primary: true, verified: true },
  ];
});

const viewerOf = async ({ session }: Reply) =>
  (
    await client.graphql(
      '{ viewer { id name emailAddresses { address } identities { providerId } } }',
      {},
      session?.accessToken,
    )
  ).data?.viewer;

test('signs up with the primary verified address, and in by the number of the account', async () => {
  const first = await viewerOf(await signInWith(client, 'hub'));
  expect(first).toMatchObject({
    name: 'Mona',
    emailAddresses: [{ address: email }],
    identities: [{ providerId: 'hub' }],
  });
  github.addresses = [];
  expect(await viewerOf(await signInWith(client, 'hub'))).toMatchObject({ id: first.id });
  expect(github.exchanges.at(-1)?.get('code_verifier')).toMatch(/^[\w-]{43}$/);
});

test('L2: neither the address of the public profile nor an unverified or secondary one counts', async () => {
  const victim = await client.signUp();
  github.publicEmail = victim.email;
  for (const addresses of [
    [],
    [{ email: victim.email, primary: true, verified: false }],
    [{ email: victim.email, primary: false, verified: true }],
    { message: 'not a list' } as never,
  ]) {
    github.addresses = addresses;
    expect((await signInWith(client, 'hub')).code).toBe('IDENTITY_NOT_LINKED');
  }
});

test('L2: a primary verified address of a user is linked', async () => {
  const person = await client.signUp(email);
  const { data } = await client.graphql('{ viewer { id } }', {}, person.accessToken);
  expect((await viewerOf(await signInWith(client, 'hub'))).id).toBe(data.viewer.id);
});

describe('what is not right is refused', () => {
  test('a code that is wrong, which is answered with status 200', async () => {
    const { id } = await client.startSignIn({});
    const { proof } = await visit(client, id, 'hub');
    const { iss: _iss, ...answer } = proof;
    const wrong = await client.attempt(id, { oauth: { ...answer, code: 'wrong' } });
    expect(wrong.code).toBe('PROOF_REJECTED');
  });

  test('a profile without a number, which a login could imitate', async () => {
    for (const id of ['octocat', null, 1.5]) {
      github.id = id;
      expect((await signInWith(client, 'hub')).code).toBe('PROOF_REJECTED');
    }
  });

  test('an outage of the token endpoint or of the profile is told as such', async () => {
    for (const path of ['/login/oauth/access_token', '/api/v3/user', '/api/v3/user/emails']) {
      github.broken = path;
      expect((await signInWith(client, 'hub')).code).toBe('PROVIDER_UNAVAILABLE');
    }
  });
});

test('a provider with explicit endpoints is another issuer, and its address never counts by itself', async () => {
  github.publicEmail = email;
  const plain = await viewerOf(await signInWith(client, 'plain'));
  expect(plain.emailAddresses).toEqual([]);
  const hub = await viewerOf(await signInWith(client, 'hub'));
  expect(hub.id).not.toBe(plain.id);
});

test('a provider that cannot say when the user has authenticated is not offered for a step-up', async () => {
  const reply = await signInWith(client, 'hub');
  const operation = { query: 'mutation { linkProvider(providerId: "plain") { __typename } }' };
  const started = await client.startStepUp(
    { require: 'STRONGEST_ENROLLED', operation },
    reply.session?.accessToken,
  );
  expect(started.factors.map(({ factor }) => factor)).toEqual(['EMAIL_CODE', 'EMAIL_LINK']);
});
