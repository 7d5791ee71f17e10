// Signing in with an identity provider in the client: the page is left, and loaded anew with the answer of a real provider.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createStepgateClient, type StepgateClient } from '../../src/client/index.ts';
import { providerUrl, returnFromProvider } from '../../src/client/provider.ts';
import { appWith, callback, entry, native, RETURN_URL } from '../factors/oauth/visits.ts';
import type { TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { IdentityProvider } from '../harness/identity-provider.ts';
import { ScriptedBrowser } from '../harness/provider-visit.ts';
import { Browser, openTab } from './browser.ts';
import { VIEWER } from './people.ts';

let provider: IdentityProvider;
let app: TestApp;
let server: TestClient;

beforeAll(async () => {
  const ids = ['work', 'home'];
  provider = await IdentityProvider.start({ redirectUris: ids.flatMap((id) => [callback(id), native(id)]) });
  app = await appWith(ids.map((id) => entry(id, provider, { addresses: 'email_verified' })));
  server = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

/** What a tab keeps, whatever page it shows. */
let kept: Map<string, string>;
let shown: string[];

beforeEach(() => {
  kept = new Map();
  shown = [];
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => void kept.set(name, text),
    removeItem: (name: string) => void kept.delete(name),
  });
  vi.stubGlobal('history', { replaceState: (_state: null, _unused: string, url: string) => shown.push(url) });
  show('https://app.example.com/sign-in');
  const sub = randomUUID();
  provider.visitor = { sub, email: `${sub}@example.com`, email_verified: true };
});
afterEach(() => vi.unstubAllGlobals());

function show(href: string): void {
  vi.stubGlobal('location', { href });
}

/** The person is at the provider, and comes back. @returns the URL of the page that gets the answer. */
async function visit(url: string, { jar }: Pick<Browser, 'jar'> = new Browser()): Promise<string> {
  const person = new ScriptedBrowser(app);
  const cookies = new Headers();
  for (const [name, value] of jar) cookies.append('set-cookie', `${name}=${value}`);
  person.keep(cookies);
  const page = await person.follow(url);
  if (!(page instanceof URL)) throw new Error(`The browser stopped at a page with status ${page.status}.`);
  return page.href;
}

const bearer = (): StepgateClient => createStepgateClient({ url: `${app.url}/graphql` });
const viewer = async (client: StepgateClient): Promise<unknown> => (await client.request(VIEWER)).data;
const SIGNED_IN = { viewer: { id: expect.any(String) } };

describe('a sign-in at a provider', () => {
  test('in cookie mode goes on after the page was loaded anew', async () => {
    const browser = new Browser();
    const signIn = await openTab(app, browser).client.signIn();
    expect(signIn.factors).toContainEqual(
      expect.objectContaining({ factor: 'OAUTH', providerId: 'work', hint: 'Provider WORK' }),
    );
    const url = await providerUrl(signIn, { providerId: 'work', returnTo: RETURN_URL });
    expect(new URL(url).origin).toBe(provider.issuer);
    show(await visit(url, browser));
    const { client } = openTab(app, browser);
    const returned = await returnFromProvider(client);
    expect(returned).toMatchObject({ error: null, workflow: { type: 'SignIn', status: 'COMPLETE' } });
    expect(await viewer(client)).toEqual(SIGNED_IN);
    expect(client.session.state().status).toBe('SIGNED_IN');
    // The code is neither in the address bar nor in the history any more.
    expect(shown).toEqual([RETURN_URL]);
    expect(kept.size).toBe(0);
  });

  test('in bearer mode is bound to a secret of the tab, which is used once and opens nothing', async () => {
    const signIn = await bearer().signIn();
    const url = await providerUrl(signIn, { providerId: 'work', redirectUri: native('work') });
    const notes = JSON.parse([...kept.values()].join()) as Record<string, string>;
    expect(Object.keys(notes).toSorted()).toEqual([
      'bindingSecret',
      'id',
      'providerId',
      'redirectUri',
      'state',
      'type',
    ]);
    expect(notes['bindingSecret']).toMatch(/^[\w-]{43}$/);
    expect(url).not.toContain(notes['bindingSecret']);
    show(await visit(url));
    const client = bearer();
    expect(await returnFromProvider(client)).toMatchObject({ error: null, workflow: { status: 'COMPLETE' } });
    expect(await viewer(client)).toEqual(SIGNED_IN);
    expect([shown, kept.size]).toEqual([[native('work')], 0]);
  });

  test('in an app keeps its note in a store of the app, and takes the URL that was opened', async () => {
    vi.unstubAllGlobals();
    const signIn = await bearer().signIn();
    await expect(providerUrl(signIn, { providerId: 'work', redirectUri: native('work') })).rejects.toThrow(
      'There is no sessionStorage. Pass `storage`.',
    );
    const notes = new Map<string, string>();
    const storage = {
      getItem: async (name: string) => notes.get(name) ?? null,
      setItem: async (name: string, text: string) => notes.set(name, text),
      removeItem: async (name: string) => notes.delete(name),
    };
    const request = { providerId: 'work', redirectUri: native('work'), storage };
    const url = await visit(await providerUrl(await bearer().signIn(), request));
    const client = bearer();
    const returned = await returnFromProvider(client, { url, storage });
    expect(returned?.workflow.status).toBe('COMPLETE');
    expect([await viewer(client), notes.size]).toEqual([SIGNED_IN, 0]);
  });

  test('that the user refuses, or that fails at the provider, can go on in another way', async () => {
    for (const [error, code] of [
      ['access_denied', 'PROVIDER_CANCELLED'],
      ['server_error', 'PROVIDER_FAILED'],
    ]) {
      const { email } = await server.signUp();
      const signIn = await bearer().signIn({ identifier: email });
      const url = await providerUrl(signIn, { providerId: 'work', redirectUri: native('work') });
      const state = new URL(url).searchParams.get('state');
      show(`${native('work')}?error=${error}&state=${state}`);
      const client = bearer();
      const returned = await returnFromProvider(client);
      expect(returned).toMatchObject({ error: { name: 'StepUpError', code } });
      expect(returned?.workflow.status).toBe('NEEDS_FIRST_FACTOR');
      expect(returned?.workflow.factors.length).toBeGreaterThan(1);
      await returned?.workflow.attempt({ password: 'correct horse battery staple' }).catch(() => {});
      expect(kept.size).toBe(0);
    }
  });

  test('whose code the provider does not accept says so, and nobody is signed in', async () => {
    const signIn = await bearer().signIn();
    const url = await providerUrl(signIn, { providerId: 'work', redirectUri: native('work') });
    const page = new URL(await visit(url));
    page.searchParams.set('code', 'another-code');
    show(page.href);
    const client = bearer();
    expect(await returnFromProvider(client)).toMatchObject({ error: { code: 'PROOF_REJECTED' } });
    expect(await viewer(client)).toEqual({ viewer: null });
  });
});

describe('the page that gets answers', () => {
  const left = async (providerId = 'work'): Promise<string> => {
    const request = { providerId, redirectUri: native(providerId) };
    return visit(await providerUrl(await bearer().signIn(), request));
  };

  test('sends nothing if this tab has asked nobody, or the answer is to another request (login CSRF)', async () => {
    const ofAttacker = await left();
    kept.clear();
    const send = vi.fn<typeof fetch>();
    const client = createStepgateClient({ url: `${app.url}/graphql`, fetch: send });
    for (const url of [
      ofAttacker,
      'https://app.example.com/',
      `${RETURN_URL}#code=a&state=b&providerId=work`,
    ]) {
      show(url);
      expect(await returnFromProvider(client)).toBeNull();
    }
    const own = await left();
    show(ofAttacker);
    expect(await returnFromProvider(client)).toBeNull();
    expect([send.mock.calls.length, shown.length]).toEqual([0, 0]);
    // The own request is not lost.
    show(own);
    expect(await returnFromProvider(bearer())).toMatchObject({ workflow: { status: 'COMPLETE' } });
  });

  test('takes no answer at the redirect URI of another provider (mix-up)', async () => {
    const answer = new URL(await left());
    for (const place of [native('home'), `${native('work')}/more`, 'https://evil.example/native/work']) {
      show(`${place}${answer.search}`);
      expect(await returnFromProvider(bearer())).toBeNull();
    }
    show(`${native('work')}${answer.search}`);
    expect(await returnFromProvider(bearer())).toMatchObject({ workflow: { status: 'COMPLETE' } });
  });

  test('takes an answer once, also when it is called twice at once', async () => {
    show(await left());
    const client = bearer();
    const first = await returnFromProvider(client);
    expect([first?.workflow.status, await returnFromProvider(client)]).toEqual(['COMPLETE', null]);
  });
});

describe('a signed-in user', () => {
  async function signedIn(): Promise<{ client: StepgateClient; browser: Browser }> {
    const browser = new Browser();
    const { client } = openTab(app, browser);
    show(await visit(await providerUrl(await client.signIn(), { providerId: 'work' }), browser));
    await returnFromProvider(client);
    return { client, browser };
  }

  test('proves the account again in a step-up, and the other tabs learn of it', async () => {
    const { client, browser } = await signedIn();
    const { data } = await client.request<{ startStepUp: { id: string } }>(
      'mutation { startStepUp(input: { require: STRONGEST_ENROLLED }) { ... on StepUp { id } } }',
    );
    const stepUp = await client.resume('StepUp', data?.startStepUp.id ?? '');
    expect(stepUp).toMatchObject({ type: 'StepUp', status: 'NEEDS_PROOF' });
    show(await visit(await providerUrl(stepUp, { providerId: 'work' }), browser));
    const events: string[] = [];
    const { client: next } = openTab(app, browser);
    next.session.subscribe((event) => events.push(event));
    expect(await returnFromProvider(next)).toMatchObject({ error: null, workflow: { status: 'COMPLETE' } });
    expect(events).toContain('STEPPED_UP');
  });

  test('has no workflow of somebody else, of another type, or that does not exist', async () => {
    const { client } = await signedIn();
    const { client: other } = await signedIn();
    const enrollment = await other.enroll({ factor: 'TOTP' });
    const signIn = await client.signIn();
    for (const [type, id] of [
      ['Enrollment', enrollment.id],
      ['Enrollment', randomUUID()],
      ['StepUp', signIn.id],
      ['SignIn', 'no id'],
    ] as const)
      await expect(client.resume(type, id)).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });
    expect(await other.resume('Enrollment', enrollment.id)).toMatchObject({ status: enrollment.status });
  });
});
