// Runs the code in README.md and docs/clients.md. Only URLs, import paths and the clock are replaced.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ApolloClient } from '@apollo/client';
import { gql } from '@apollo/client';
import type { Client } from '@urql/core';
import type { GraphQLError } from 'graphql';
import { type HTMLElement, Window } from 'happy-dom';
import { createElement, type FunctionComponent } from 'react';
import { createRoot } from 'react-dom/client';
import type { Environment } from 'relay-runtime';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { OperationClient } from '../../src/client/fetch.ts';
import type { StepgateClient } from '../../src/client/index.ts';
import { StepUpProvider } from '../../src/client/react.ts';
import { appWith, callback, entry } from '../factors/oauth/visits.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { IdentityProvider } from '../harness/identity-provider.ts';
import { ScriptedBrowser } from '../harness/provider-visit.ts';
import { Browser, openTab } from './browser.ts';
import { AUDIT_EVENTS, clientOf, codesOf, guarded } from './people.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PLACE = `${ROOT}.stepgate/readme-${process.pid}`;

let app: TestApp;
let server: TestClient;
let secret: string;
let snippets: { readonly readme: readonly string[]; readonly clients: readonly string[] };
let stepgate: StepgateClient;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
  snippets = { readme: await snippetsOf('README.md'), clients: await snippetsOf('docs/clients.md') };
  await mkdir(PLACE, { recursive: true });
  vi.stubGlobal('testTime', () => app.clock.now());
  vi.stubGlobal('askForCode', async () => {
    app.clock.advance(30);
    return server.totp(secret);
  });
  ({ stepgate } = await snippet<{ stepgate: StepgateClient }>(snippets.clients[0]));
  vi.stubGlobal('stepgate', stepgate);
});
afterAll(async () => {
  await rm(PLACE, { recursive: true });
  await app[Symbol.asyncDispose]();
});

async function snippetsOf(page: string): Promise<string[]> {
  const text = await readFile(`${ROOT}${page}`, 'utf8');
  return [...text.matchAll(/```tsx?\n(.*?)```/gs)].map(([, code = '']) => code);
}

/** The code of the clients page that contains this text. */
function onClientsPage(text: string): string {
  const found = snippets.clients.filter((code) => code.includes(text));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

let written = 0;

async function snippet<Exports>(code = ''): Promise<Exports> {
  written += 1;
  const path = `${PLACE}/${written}.tsx`;
  await writeFile(
    path,
    `import React from 'react';\n${code}`
      .replace(
        "issuer: 'https://auth.example.com'",
        `issuer: '${TEST_ENVIRONMENT.PUBLIC_URL}', jwksUrl: '${app.url}/.well-known/jwks.json', now: testTime`,
      )
      .replaceAll(/https:\/\/(auth|api)\.example\.com/g, app.url)
      .replaceAll("'stepgate/step-up'", `'${ROOT}src/step-up/index.ts'`)
      .replaceAll(/'stepgate\/step-up\/(sdl|yoga)'/g, `'${ROOT}src/step-up/$1.ts'`)
      .replaceAll(/'stepgate\/client'/g, `'${ROOT}src/client/index.ts'`)
      .replaceAll(/'stepgate\/client\/(\w+)'/g, `'${ROOT}src/client/$1.ts'`),
  );
  return import(path) as Promise<Exports>;
}

async function newSession(): Promise<void> {
  const somebody = await guarded(server);
  ({ secret } = somebody);
  await stepgate.setSession(somebody.tokens);
}

describe('the README’s', () => {
  test('server of a protected field refuses it to strangers and to a token that holds no second factor', async () => {
    const { yoga } = await snippet<{ yoga: { fetch: typeof fetch } }>(snippets.readme[0]);
    const ask = async (accessToken?: string) => {
      const response = await yoga.fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
        },
        body: JSON.stringify({ query: '{ hello contract }' }),
      });
      const { data, errors = [] } = await response.json();
      return { data, codes: errors.map((one: GraphQLError) => one.extensions['code']) };
    };
    const somebody = await guarded(server);
    const refused = { hello: 'Hello', contract: null };
    expect(await ask()).toEqual({ data: refused, codes: ['UNAUTHENTICATED'] });
    expect(await ask(somebody.tokens.accessToken)).toEqual({ data: refused, codes: ['ENROLLMENT_REQUIRED'] });
    app.clock.advance(30);
    const stepUp = await server.startStepUp({}, somebody.tokens.accessToken);
    const { session } = await server.attempt(
      stepUp.id,
      { totp: server.totp(somebody.secret) },
      somebody.tokens.accessToken,
    );
    expect(await ask(session?.accessToken)).toEqual({
      data: { hello: 'Hello', contract: 'Signed' },
      codes: [],
    });
  });

  test('client is the client of docs/clients.md, in ten lines', () => {
    const [, client = ''] = snippets.readme;
    expect(client).toBe(snippets.clients[0]);
    expect(client.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  });
});

describe('the clients page’s', () => {
  test('client', async () => {
    await newSession();
    expect(codesOf(await stepgate.request(AUDIT_EVENTS))).toEqual([]);
  });

  test('Apollo Client', async () => {
    await newSession();
    const { apollo } = await snippet<{ apollo: ApolloClient }>(onClientsPage('createStepgateLink(stepgate)'));
    const { data } = await apollo.query<{ viewer: object }>({ query: gql(AUDIT_EVENTS) });
    expect(data?.viewer).toMatchObject({ auditEvents: expect.any(Array) });
  });

  test('urql', async () => {
    await newSession();
    const { urql } = await snippet<{ urql: Client }>(onClientsPage('stepgateExchange(stepgate)'));
    const { data, error } = await urql.query(AUDIT_EVENTS, {}).toPromise();
    expect(error).toBeUndefined();
    expect(data.viewer.auditEvents).toEqual(expect.any(Array));
  });

  test('Relay', async () => {
    await newSession();
    const { relay } = await snippet<{ relay: Environment }>(onClientsPage('createStepgateFetchFunction('));
    const request = { name: 'Q', operationKind: 'query', metadata: {}, cacheID: 'q', id: null } as const;
    const answer = await relay
      .getNetwork()
      .execute({ ...request, text: `query Q ${AUDIT_EVENTS}` }, {}, {})
      .toPromise();
    expect(answer).toMatchObject({ data: { viewer: { auditEvents: expect.any(Array) } } });
  });

  test('fetch', async () => {
    await newSession();
    const { stepgateFetch } = await snippet<{ stepgateFetch: typeof fetch }>(
      onClientsPage('createStepgateFetch('),
    );
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query: AUDIT_EVENTS });
    const response = await stepgateFetch(`${app.url}/graphql`, { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({ data: { viewer: { auditEvents: expect.any(Array) } } });
  });

  test('client for the tokens of another issuer', async () => {
    const { accessToken } = await server.signUp();
    vi.stubGlobal('currentToken', () => accessToken);
    const { issuerClient } = await snippet<{ issuerClient: OperationClient }>(
      onClientsPage('createIssuerClient({'),
    );
    const presented = await issuerClient.perform({ kind: 'query', query: '' }, async ({ headers }) => ({
      data: headers,
    }));
    expect(presented.data).toEqual({ authorization: `Bearer ${accessToken}` });
  });

  test('sign-in at a provider, on two pages', async () => {
    await using provider = await IdentityProvider.start({ redirectUris: [callback('work')] });
    await using server = await appWith([entry('work', provider, { addresses: 'email_verified' })]);
    const sub = randomUUID();
    provider.visitor = { sub, email: `${sub}@example.com`, email_verified: true };
    const browser = new Browser();
    const kept = new Map<string, string>();
    vi.stubGlobal('sessionStorage', {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, text: string) => kept.set(name, text),
      removeItem: (name: string) => kept.delete(name),
    });
    vi.stubGlobal('history', { replaceState: () => {} });
    const assign = vi.fn<(url: string) => void>();
    vi.stubGlobal('location', { href: 'https://app.example.com/', assign });
    vi.stubGlobal('stepgate', openTab(server, browser).client);
    const { signInAt } = await snippet<{ signInAt: (id: string) => Promise<void> }>(
      onClientsPage('providerUrl(signIn'),
    );
    await signInAt('work');
    const person = new ScriptedBrowser(server);
    person.keep(new Headers([...browser.jar].map(([name, value]) => ['set-cookie', `${name}=${value}`])));
    const page = await person.follow(assign.mock.calls[0]?.[0] ?? '');
    vi.stubGlobal('location', { href: (page as URL).href });
    vi.stubGlobal('stepgate', openTab(server, browser).client);
    const push = vi.fn<(path: string) => void>();
    vi.stubGlobal('router', { push });
    await snippet(onClientsPage('returnFromProvider(stepgate)'));
    expect(push).toHaveBeenCalledWith('/');
    vi.stubGlobal('stepgate', stepgate);
    vi.stubGlobal('location', undefined);
  });

  test('React session', async () => {
    for (const name of ['SignOutButton', 'SignInLink']) vi.stubGlobal(name, () => name);
    const { SessionStatus } = await snippet<{ SessionStatus: FunctionComponent }>(
      onClientsPage('useSession()'),
    );
    const page = new Window();
    vi.stubGlobal('window', page);
    vi.stubGlobal('document', page.document);
    const { client } = await clientOf(app, await server.signUp());
    const root = createRoot(page.document.body as unknown as Element);
    root.render(createElement(StepUpProvider, { client }, createElement(SessionStatus)));
    await vi.waitFor(() => expect(page.document.body.textContent).toBe('SignOutButton'));
    await client.signOut();
    await vi.waitFor(() => expect(page.document.body.textContent).toBe('SignInLink'));
    root.unmount();
  });

  test('the React dialog', async () => {
    const page = new Window();
    vi.stubGlobal('window', page);
    vi.stubGlobal('document', page.document);
    vi.stubGlobal('CodeForm', ({ problem, onCode }: { problem: string; onCode: (code: string) => void }) =>
      createElement('button', { onClick: () => onCode(typed) }, problem),
    );
    let typed = '000000';
    const { StepUpDialog } = await snippet<{ StepUpDialog: FunctionComponent }>(onClientsPage('useStepUp()'));
    const somebody = await guarded(server);
    const { client } = await clientOf(app, somebody.tokens);
    const root = createRoot(page.document.body as unknown as Element);
    root.render(createElement(StepUpProvider, { client }, createElement(StepUpDialog)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const answer = client.request(AUDIT_EVENTS);
    const button = await vi.waitUntil(() => page.document.querySelector<HTMLElement>('button'));
    button.click();
    await vi.waitFor(() => expect(button.textContent).toContain('Incorrect code'));
    app.clock.advance(30);
    typed = server.totp(somebody.secret);
    button.click();
    expect(codesOf(await answer)).toEqual([]);
    await vi.waitFor(() => expect(page.document.body.textContent).toBe(''));
    root.unmount();
  });
});
