// A person who signs up with an identity provider, in a real browser and at a real provider: in the tour, and in an
// application with session cookies.
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { MachineClock } from '../harness/clock.ts';
import { type RunningProvider, startExampleProvider } from '../harness/example-provider.ts';
import { freePort } from '../harness/free-port.ts';
import { beginVisit, launchChromium, originsOf } from './chromium.ts';
import { addAuthenticator, runInConsole } from './passkey-console.ts';
import { Person } from './person.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** Whom the page at the provider offers. */
async function choose(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  await page.getByRole('button', { name }).click();
}

describe('the tour', () => {
  let app: TestApp;
  let provider: RunningProvider;
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    // Cookies and passkeys belong to the name localhost, and not to its address.
    url = `http://localhost:${port}`;
    provider = await startExampleProvider(url);
    const environment = { PORT: String(port), PUBLIC_URL: url, EXAMPLE_PROVIDER: provider.issuer };
    app = await startTestApp(environment, undefined, new MachineClock());
  });
  afterAll(async () => {
    await app?.[Symbol.asyncDispose]();
  });

  test('signs up with the example provider, adds a password and a passkey, loses the provider, and still signs in', async () => {
    const { context, requests, complaints } = await beginVisit(browser);
    const page = await context.newPage();
    await addAuthenticator(page);
    const person = new Person(page, url);
    await person.arrive();

    // Start, prepare, open the URL, attempt.
    const started = (await person.play(26)).data.startSignIn;
    expect(started.factors).toContainEqual({
      factor: 'OAUTH',
      providerId: 'example',
      hint: 'Example provider',
    });
    const asking = { variables: { workflowId: started.id, providerId: 'example' } };
    const prepared = (await person.play(27, asking)).data.prepareFactor;
    const visit = await context.newPage();
    await visit.goto(prepared.challenge.request.url);
    expect(await visit.locator('script').count()).toBe(0);
    await choose(visit, 'A new person');
    await visit.getByRole('button', { name: 'Copy' }).click();
    await visit.getByRole('button', { name: 'Copied' }).waitFor();
    expect(visit.url()).toBe(`${url}/dev/answer`); // the answer is not left in the address
    const answer = JSON.parse(await visit.evaluate(() => navigator.clipboard.readText()));
    expect(Object.keys(answer).toSorted()).toEqual(['code', 'iss', 'providerId', 'state']);
    await person.page.bringToFront();
    const proof = { variables: { workflowId: started.id, proof: { oauth: answer } } };
    const signedUp = (await person.play(28, proof)).data.attemptFactor;
    expect(signedUp.status).toBe('COMPLETE');
    const token: string = signedUp.session.accessToken;
    expect((await person.run()).data.attemptFactor.code).toBe('WORKFLOW_ENDED'); // it works once

    // A password and a passkey beside the provider.
    const newPassword = 'a password beside the provider';
    const changed = (await person.play(29, { variables: { newPassword }, token })).data.changePassword;
    const [{ address: identifier }] = changed.emailAddresses;
    expect(changed.identities).toEqual([{ providerId: 'example', address: identifier }]);
    const enrollment = (await person.play(17, { token })).data.startEnrollment;
    const created = await runInConsole(page, 'MATERIAL', enrollment.material);
    const enrolled = await person.play(18, {
      variables: { workflowId: enrollment.id, proof: { passkey: created } },
      token,
    });
    expect(enrolled.data.attemptFactor.status).toBe('COMPLETE');

    // The provider is gone.
    await provider[Symbol.asyncDispose]();
    const again = (await person.play(26)).data.startSignIn;
    const asked = (await person.play(27, { variables: { workflowId: again.id, providerId: 'example' } })).data
      .prepareFactor;
    expect(asked).toEqual({
      code: 'PROVIDER_UNAVAILABLE',
      message: 'The example provider is not running. Start it with `npm run provider`.',
    });

    // With the password first, then with the passkey.
    const byPassword = (await person.play(8, { variables: { identifier } })).data.startSignIn;
    const halfWay = await person.play(9, {
      variables: { workflowId: byPassword.id, proof: { password: newPassword } },
    });
    expect(halfWay.data.attemptFactor.status).toBe('NEEDS_SECOND_FACTOR');
    expect(await provePasskey(byPassword.id)).toMatchObject({ status: 'COMPLETE' });
    // With the passkey alone.
    const byPasskey = (await person.play(19)).data.startSignIn;
    const alone = await provePasskey(byPasskey.id);
    expect(alone).toMatchObject({ status: 'COMPLETE' });
    const guarded = await person.play(3, { token: alone.session.accessToken });
    expect(guarded.data.viewer).toMatchObject({
      emailAddresses: [{ address: identifier }],
      assurance: { level: 'AAL2' },
    });

    expect(originsOf(requests).toSorted()).toEqual([url, provider.issuer].toSorted());
    expect(complaints).toEqual([]);

    // oxlint-disable-next-line typescript/no-explicit-any -- a person reads whatever is shown
    async function provePasskey(workflowId: string): Promise<any> {
      const { challenge } = (await person.play(20, { variables: { workflowId } })).data.prepareFactor;
      const passkey = await runInConsole(page, 'REQUEST', challenge.request);
      return (await person.play(21, { variables: { workflowId, proof: { passkey } } })).data.attemptFactor;
    }
  });
});

describe('an application with session cookies', () => {
  let application: Server;
  let origin: string;
  let app: TestApp;
  let provider: RunningProvider;
  let url: string;

  beforeAll(async () => {
    // Its page sends the answer as docs/providers.md says.
    const providersPage = await readFile(new URL('../../docs/providers.md', import.meta.url), 'utf8');
    const [, script = ''] = /^```ts\n(const answer.*?)^```$/ms.exec(providersPage) ?? [];
    application = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end(applicationPage(url, script));
    });
    application.listen(0, '127.0.0.1');
    await once(application, 'listening');
    origin = `http://localhost:${(application.address() as AddressInfo).port}`;
    const port = await freePort();
    url = `http://localhost:${port}`;
    provider = await startExampleProvider(url);
    const file = join(await mkdtemp(join(tmpdir(), 'stepgate-providers-')), 'providers.json');
    const entry = JSON.parse(
      /^```json\n(\{\n {2}"id": "example".*?)^```$/ms.exec(providersPage)?.[1] ?? '{}',
    );
    const providers = [{ ...entry, issuer: provider.issuer }];
    await writeFile(file, JSON.stringify({ returnUrls: [`${origin}/signed-in`], providers }));
    const environment = { PORT: String(port), PUBLIC_URL: url, PROVIDERS_FILE: file, CORS_ORIGINS: origin };
    app = await startTestApp(environment, undefined, new MachineClock());
  });
  afterAll(async () => {
    application?.close();
    await app?.[Symbol.asyncDispose]();
    await provider?.[Symbol.asyncDispose]();
  });

  const viewerOf = (page: Page) => page.evaluate(() => globalThis.api('{ viewer { name } }'));

  async function signIn(page: Page, name: string): Promise<void> {
    await page.goto(`${origin}/`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await choose(page, new RegExp(`^${name}`));
    await page.waitForURL(`${origin}/signed-in`);
  }

  test('signs in through the callback and the #, stays signed in, and is signed out with the provider', async () => {
    const { context, complaints } = await beginVisit(browser);
    const page = await context.newPage();
    await signIn(page, 'Ada Lovelace');
    await expect.poll(() => page.locator('output').innerText()).toBe('COMPLETE');
    expect(page.url()).toBe(`${origin}/signed-in`); // nothing of the answer is left in the address
    expect(await viewerOf(page)).toEqual({ data: { viewer: { name: 'Ada Lovelace' } } });
    expect(await page.evaluate(() => document.cookie)).toBe('');

    await page.goto(provider.issuer);
    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Yes, sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await page.goto(`${origin}/`);
    expect(await viewerOf(page)).toMatchObject({ data: { viewer: null } });
    expect(complaints).toEqual([]);
  });

  test('somebody else at the same browser is somebody else, also without a sign-out before', async () => {
    const { context } = await beginVisit(browser);
    const page = await context.newPage();
    for (const name of ['Grace Hopper', 'Ada Lovelace']) {
      await signIn(page, name);
      await expect.poll(() => viewerOf(page)).toEqual({ data: { viewer: { name } } });
    }
  });

  test('a person whose address is not verified, and one who cancels, are not signed in', async () => {
    const { context } = await beginVisit(browser);
    const page = await context.newPage();
    await signIn(page, 'Alan Turing');
    await expect.poll(() => page.locator('output').innerText()).toBe('IDENTITY_NOT_LINKED');
    await signIn(page, 'Cancel');
    await expect.poll(() => page.locator('output').innerText()).toBe('access_denied');
    expect(await viewerOf(page)).toMatchObject({ data: { viewer: null } });
  });

  test('an answer in another browser than the one that asked signs nobody in', async () => {
    const attacker = await (await beginVisit(browser)).context.newPage();
    await attacker.goto(`${origin}/`);
    const request = attacker.waitForRequest((one) => one.url().startsWith(`${provider.issuer}/auth`));
    await attacker.getByRole('button', { name: 'Sign in' }).click();
    const victim = await (await beginVisit(browser)).context.newPage();
    await victim.goto((await request).url());
    await choose(victim, /^Grace Hopper/);
    await victim.getByRole('heading', { name: 'This sign-in cannot be continued' }).waitFor();
    await victim.goto(`${origin}/`);
    expect(await viewerOf(victim)).toMatchObject({ data: { viewer: null } });
  });
});

declare global {
  /** Of the page: sends an operation with the cookies of the session. */
  var api: (query: string, variables?: object) => Promise<unknown>;
}

function applicationPage(stepgate: string, script: string): string {
  return `<!doctype html><html lang="en"><title>Application</title><link rel="icon" href="data:,">
<button>Sign in</button><output></output>
<script type="module">
  const say = (text) => { document.querySelector('output').textContent = text; };
  window.api = async (query, variables) => {
    const response = await fetch('${stepgate}/graphql', {
      method: 'POST',
      credentials: 'include',
      headers: { 'content-type': 'application/json', 'x-stepgate-session': 'cookie' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    return errors ? { data, errors } : { data };
  };
  document.querySelector('button').onclick = async () => {
    const { data: { startSignIn: { id } } } = await api('mutation { startSignIn(input: {}) { ... on SignIn { id } } }');
    sessionStorage.setItem('workflow', id);
    const { data: { prepareFactor } } = await api(
      'mutation ($id: ID!) { prepareFactor(input: { workflowId: $id, factor: OAUTH, providerId: "example" }) { ... on Workflow { challenge { request } } } }',
      { id },
    );
    location.assign(prepareFactor.challenge.request.url);
  };
  const workflowId = sessionStorage.getItem('workflow');
  async function attemptFactor(input) {
    if (input.proof.oauth.error !== undefined) return say(input.proof.oauth.error);
    const { data } = await api(
      'mutation ($input: AttemptFactorInput!) { attemptFactor(input: $input) { ... on SignIn { status session { expiresAt } } ... on UserError { code } } }',
      { input },
    );
    say(data.attemptFactor.status ?? data.attemptFactor.code);
  }
  if (location.hash !== '') {
    ${script}
  }
</script></html>`;
}
