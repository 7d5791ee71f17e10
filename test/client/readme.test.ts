// Runs the code in the README's section on clients. Only URLs and import paths are replaced.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ApolloClient } from '@apollo/client';
import { gql } from '@apollo/client';
import type { Client } from '@urql/core';
import { type HTMLElement, Window } from 'happy-dom';
import { createElement, type FunctionComponent } from 'react';
import { createRoot } from 'react-dom/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { StepgateClient } from '../../src/client/index.ts';
import { StepUpProvider } from '../../src/client/react.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { AUDIT_EVENTS, clientOf, codesOf, guarded } from './people.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PLACE = `${ROOT}.stepgate/readme-${process.pid}`;

let app: TestApp;
let server: TestClient;
let secret: string;
let snippets: string[];
let stepgate: StepgateClient;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
  const section = /^## Clients$(.*?)^## /ms.exec(await readFile(`${ROOT}README.md`, 'utf8'))?.[1] ?? '';
  snippets = [...section.matchAll(/```tsx?\n(.*?)```/gs)].map(([, code = '']) => code);
  await mkdir(PLACE, { recursive: true });
  vi.stubGlobal('askForCode', async () => {
    app.clock.advance(30);
    return server.totp(secret);
  });
  ({ stepgate } = await snippet<{ stepgate: StepgateClient }>(0));
  vi.stubGlobal('stepgate', stepgate);
});
afterAll(async () => {
  await rm(PLACE, { recursive: true });
  await app[Symbol.asyncDispose]();
});

async function snippet<Exports>(number: number): Promise<Exports> {
  const code = snippets[number] ?? '';
  expect(code.split('\n').length).toBeLessThanOrEqual(12);
  const path = `${PLACE}/${number}.tsx`;
  await writeFile(
    path,
    `import React from 'react';\n${code}`
      .replaceAll(/https:\/\/(auth|api)\.example\.com\/graphql/g, `${app.url}/graphql`)
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

describe('the code in the README works for', () => {
  test('the client', async () => {
    await newSession();
    expect(codesOf(await stepgate.request(AUDIT_EVENTS))).toEqual([]);
  });

  test('Apollo Client', async () => {
    await newSession();
    const { apollo } = await snippet<{ apollo: ApolloClient }>(1);
    const { data } = await apollo.query<{ viewer: object }>({ query: gql(AUDIT_EVENTS) });
    expect(data?.viewer).toMatchObject({ auditEvents: expect.any(Array) });
  });

  test('urql', async () => {
    await newSession();
    const { urql } = await snippet<{ urql: Client }>(2);
    const { data, error } = await urql.query(AUDIT_EVENTS, {}).toPromise();
    expect(error).toBeUndefined();
    expect(data.viewer.auditEvents).toEqual(expect.any(Array));
  });

  test('the React dialog', async () => {
    const page = new Window();
    vi.stubGlobal('window', page);
    vi.stubGlobal('document', page.document);
    vi.stubGlobal('CodeForm', ({ problem, onCode }: { problem: string; onCode: (code: string) => void }) =>
      createElement('button', { onClick: () => onCode(typed) }, problem),
    );
    let typed = '000000';
    const { StepUpDialog } = await snippet<{ StepUpDialog: FunctionComponent }>(3);
    const somebody = await guarded(server);
    const { client } = await clientOf(app, somebody.tokens);
    const root = createRoot(page.document.body as unknown as Element);
    root.render(createElement(StepUpProvider, { client }, createElement(StepUpDialog)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const answer = client.request(AUDIT_EVENTS);
    const button = await vi.waitUntil(() => page.document.querySelector<HTMLElement>('button'));
    button.click();
    await vi.waitFor(() => expect(button.textContent).toContain('not right'));
    app.clock.advance(30);
    typed = server.totp(somebody.secret);
    button.click();
    expect(codesOf(await answer)).toEqual([]);
    await vi.waitFor(() => expect(page.document.body.textContent).toBe(''));
    root.unmount();
  });
});
