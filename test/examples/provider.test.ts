// The example provider: it is for this machine and for development, and asks for nothing but a person.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPerson, newPerson, PEOPLE } from '../../examples/provider/people.ts';
import { runCommand } from '../harness/command.ts';
import { type RunningProvider, startExampleProvider } from '../harness/example-provider.ts';

let provider: RunningProvider;
beforeAll(async () => {
  provider = await startExampleProvider('http://localhost:4000');
});
afterAll(() => provider[Symbol.asyncDispose]());

const LOGIN = {
  client_id: 'stepgate',
  redirect_uri: 'http://localhost:4000/callback/example',
  response_type: 'code',
  scope: 'openid email',
  state: 'state',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};

const begin = (more: object = {}): Promise<Response> =>
  fetch(`${provider.issuer}/auth?${new URLSearchParams({ ...LOGIN, ...more })}`, { redirect: 'manual' });

/** The page that asks for a person, and the cookies that belong to it. */
async function arrive(): Promise<{ url: string; cookie: string; html: string; headers: Headers }> {
  const begun = await begin();
  const url = new URL(begun.headers.get('location') ?? '', provider.issuer).href;
  const cookie = begun.headers
    .getSetCookie()
    .map((one) => one.split(';', 1)[0])
    .join('; ');
  const page = await fetch(url, { headers: { cookie } });
  return { url, cookie, html: await page.text(), headers: page.headers };
}

describe('the page on which a person is chosen', () => {
  test('lists everybody, has no script and nothing to type, loads nothing, and cannot be framed', async () => {
    const { html, headers } = await arrive();
    for (const { name, email } of PEOPLE) expect(html).toMatch(new RegExp(`${name}.*${email}`));
    expect(html).not.toMatch(/<script|<input|<a |src=/);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
    );
  });

  test('leads nobody anywhere without the cookie of the browser that asked, or with a form that is too large', async () => {
    const { url, cookie } = await arrive();
    const choose = (body: string, headers: Record<string, string>) =>
      fetch(url, {
        method: 'POST',
        body: new URLSearchParams({ person: body }),
        headers,
        redirect: 'manual',
      });
    expect((await choose('ada', {})).status).toBe(400);
    expect((await choose('a'.repeat(2000), { cookie })).status).toBe(413);
    expect((await choose('ada', { cookie })).headers.get('location')).toMatch(/\/auth\//);
  });
});

test.each([
  ['another machine', { redirect_uri: 'https://attacker.example.com/callback/example' }],
  ['another path', { redirect_uri: 'http://localhost:4000/callback/other' }],
  ['another client', { client_id: 'somebody' }],
])('nobody is sent to %s', async (_what, more) => {
  const answer = await begin(more);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('This cannot be continued');
});

test('Stepgate may be on any port of this machine', async () => {
  for (const redirect_uri of [
    'http://localhost:4801/callback/example',
    'http://127.0.0.1:80/callback/example',
  ]) {
    expect((await begin({ redirect_uri })).headers.get('location')).toMatch(/^\/interaction\//);
  }
});

test('an error page repeats what was sent as text only', async () => {
  const html = await (await begin({ client_id: '<script>alert(1)</script>' })).text();
  expect(html).not.toContain('<script');
});

test('a new person is new, and known again', () => {
  const [one, other] = [newPerson(), newPerson()];
  expect(one.sub).not.toBe(other.sub);
  expect(findPerson(one.sub)).toEqual(one);
  expect(findPerson('new-<b>')).toBeNull();
  expect(findPerson('nobody')).toBeNull();
});

test('`npm run provider` refuses production', async () => {
  const { code, stderr } = await runCommand('examples/provider/main.ts', [], { NODE_ENV: 'production' });
  expect([code, stderr]).toEqual([
    2,
    'The example provider is for development: anyone can sign in as anyone. Unset NODE_ENV to start it.\n',
  ]);
});
