// The hook in a real React application with a dialog, operated like a user would.
import { readFile } from 'node:fs/promises';
import { type HTMLElement, Window } from 'happy-dom';
import { createElement, StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { StepgateClient } from '../../src/client/index.ts';
import { StepUpProvider, useSession, useStepUp } from '../../src/client/react.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { AUDIT_EVENTS, clientOf, codesOf, guarded, typing } from './people.ts';

let app: TestApp;
let server: TestClient;
let root: Root | undefined;
let page: Window;

beforeAll(async () => {
  page = new Window();
  vi.stubGlobal('window', page);
  vi.stubGlobal('document', page.document);
  app = await startTestApp();
  server = new TestClient(app);
});
afterEach(() => root?.unmount());
afterAll(async () => {
  await page.happyDOM.close();
  await app[Symbol.asyncDispose]();
});

let typed = '';

function Dialog() {
  const { isOpen, requirement, workflow, isBusy, error, attempt, cancel } = useStepUp();
  if (!isOpen) return createElement('p', null, 'closed');
  return createElement(
    'form',
    null,
    createElement('p', null, `No older than ${requirement?.maxAge} seconds`),
    createElement(
      'ul',
      null,
      workflow?.factors.map(({ factor }) => createElement('li', { key: factor }, factor)),
    ),
    error === null ? null : createElement('strong', null, `${error.code}: ${error.attemptsRemaining}`),
    createElement('button', {
      id: 'prove',
      type: 'button',
      disabled: isBusy,
      onClick: () => void attempt({ totp: typed }),
    }),
    createElement('button', { id: 'cancel', type: 'button', onClick: cancel }),
  );
}

function Status() {
  const { status, steppedUpAt } = useSession();
  return createElement('p', null, `${status}${steppedUpAt === null ? '' : ', stepped up'}`);
}

async function mounted(client: StepgateClient, component = Dialog, shown = 'closed'): Promise<void> {
  const place = page.document.createElement('div');
  page.document.body.replaceChildren(place);
  root = createRoot(place as unknown as Element);
  root.render(
    createElement(StrictMode, null, createElement(StepUpProvider, { client }, createElement(component))),
  );
  await shows(shown);
}

const text = (): string => page.document.body.textContent;

function click(id: string): void {
  page.document.querySelector<HTMLElement>(`#${id}`)?.click();
}

const shows = (words: string): Promise<void> =>
  vi.waitFor(() => expect(text()).toContain(words), { timeout: 5000, interval: 10 });

describe('useStepUp', () => {
  test('opens for a refusal, reports a wrong code, and closes after the right one', async () => {
    const { tokens, secret } = await guarded(server);
    const { client } = await clientOf(app, tokens);
    await mounted(client);
    const answer = client.request(AUDIT_EVENTS);
    await shows('No older than 600 seconds');
    expect(text()).toContain('TOTP');
    typed = '000000';
    click('prove');
    await shows('PROOF_REJECTED: 4');
    app.clock.advance(30);
    typed = server.totp(secret);
    click('prove');
    await shows('closed');
    expect(codesOf(await answer)).toEqual([]);
  });

  test('closes when cancelled, and the caller gets the refusal', async () => {
    const { tokens } = await guarded(server);
    const { client } = await clientOf(app, tokens);
    await mounted(client);
    const answer = client.request(AUDIT_EVENTS);
    await shows('No older');
    click('cancel');
    await shows('closed');
    expect(codesOf(await answer)).toEqual(['STEP_UP_REQUIRED']);
  });

  test('returns the refusal when unmounted, and does not prompt afterwards', async () => {
    const { tokens } = await guarded(server);
    const { client, network } = await clientOf(app, tokens);
    await mounted(client);
    const answer = client.request(AUDIT_EVENTS);
    await shows('No older');
    root?.unmount();
    expect(codesOf(await answer)).toEqual(['STEP_UP_REQUIRED']);
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual(['STEP_UP_REQUIRED']);
    expect(network.count('startStepUp')).toBe(1);
  });

  test('stays closed when a token refresh is enough', async () => {
    const { tokens } = await guarded(server);
    const { client, network } = await clientOf(app, tokens);
    await mounted(client);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    const extensions = { code: 'STEP_UP_REQUIRED', maxAge: 600 };
    const answer = await client.perform({ kind: 'query', query: '{ x }' }, async ({ headers }) =>
      headers['authorization'] === `Bearer ${tokens.accessToken}`
        ? { errors: [{ message: '', extensions }] }
        : { data: { x: 1 } },
    );
    vi.useRealTimers();
    expect(answer).toEqual({ data: { x: 1 } });
    expect(network.count('refreshSession')).toBe(1);
    expect(network.count('startStepUp')).toBe(0);
    expect(text()).toBe('closed');
  });

  test('throws a helpful error outside a provider', async () => {
    const place = page.document.createElement('div');
    const problem = Promise.withResolvers<unknown>();
    root = createRoot(place as unknown as Element, { onUncaughtError: problem.resolve });
    root.render(createElement(Dialog));
    expect(await problem.promise).toMatchObject({ message: expect.stringContaining('StepUpProvider') });
  });
});

describe('useSession', () => {
  test('shows a sign-in, a step-up and a sign-out', async () => {
    const { tokens, secret } = await guarded(server);
    const { client } = await clientOf(app, null);
    await mounted(client, Status, 'SIGNED_OUT');
    client.promptWith(typing(app, server, secret));
    await client.setSession(tokens);
    await shows('SIGNED_IN');
    await client.request(AUDIT_EVENTS);
    await shows('SIGNED_IN, stepped up');
    await client.signOut();
    await shows('SIGNED_OUT');
  });

  test('is unknown on a server, where the provider renders without a browser', async () => {
    const { client, network } = await clientOf(app, await server.signUp());
    const html = renderToString(
      createElement(StepUpProvider, { client }, createElement(Status), createElement(Dialog)),
    );
    expect(html).toBe('<p>UNKNOWN</p><p>closed</p>');
    expect(network.sent).toEqual([]);
  });
});

test('the React entry is a client module, so that a server component can import it', async () => {
  const source = await readFile(new URL('../../src/client/react.ts', import.meta.url), 'utf8');
  expect(source.replace(/^\/\/.*\n/, '').startsWith("'use client';")).toBe(true);
});
