// The parts of a browser that cookie mode needs: cookies that scripts cannot read, shared by tabs.
import { expect, vi } from 'vitest';
import {
  createStepgateClient,
  type SessionGrant,
  type StepgateClient,
  type StepgateClientOptions,
} from '../../src/client/index.ts';
import type { TestApp } from '../harness/app.ts';
import { PASSWORD } from '../harness/client.ts';

/** Stores cookies like a browser, and sends them when a request includes credentials. */
export class Browser {
  readonly jar = new Map<string, string>();
  readonly bodies: string[] = [];
  readonly seen: string[] = [];
  isOffline = false;

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (this.isOffline) throw new TypeError('fetch failed');
    this.bodies.push(init.body as string);
    const headers = new Headers(init.headers);
    if (headers.get('x-stepgate-session') === 'cookie') expect(headers.has('authorization')).toBe(false);
    const cookies = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    if (init.credentials === 'include' && cookies !== '') headers.set('cookie', cookies);
    const response = await fetch(url, { ...init, headers });
    for (const line of init.credentials === 'include' ? response.headers.getSetCookie() : []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    const text = await response.text();
    this.seen.push(text);
    return new Response(text, { status: response.status, headers: response.headers });
  };

  count(text: string): number {
    return this.bodies.filter((body) => body.includes(text)).length;
  }
}

/** Stubs the globals of a page. @returns a function that simulates going online. */
export function stubPage(): { goOnline(): void } {
  const kept = new Map<string, string>();
  const listeners = new Set<() => void>();
  vi.stubGlobal('location', { href: 'https://app.example.com/' });
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
  vi.stubGlobal('addEventListener', (type: string, listener: () => void) => {
    if (type === 'online') listeners.add(listener);
  });
  return {
    goOnline() {
      for (const listener of listeners) {
        listeners.delete(listener);
        listener();
      }
    },
  };
}

export interface Tab {
  readonly client: StepgateClient;
  readonly browser: Browser;
}

/** Opens a page of an application. */
export function openTab(
  app: Pick<TestApp, 'url'>,
  browser: Browser,
  options: Partial<StepgateClientOptions> = {},
): Tab {
  const url = `${app.url}/graphql`;
  return { browser, client: createStepgateClient({ url, mode: 'cookie', fetch: browser.fetch, ...options }) };
}

/** Signs in in a new browser. @param second the second proof, if one is required. */
export async function signIn(
  app: Pick<TestApp, 'url'>,
  email: string,
  second: object | null,
  options: Partial<StepgateClientOptions> = {},
): Promise<Tab> {
  const tab = openTab(app, new Browser(), options);
  await signInThere(tab, email, second);
  return tab;
}

export async function signInThere(
  { client }: Tab,
  email: string,
  second: object | null = null,
): Promise<void> {
  const { data } = await client.request<{ startSignIn: { id: string } }>(
    'mutation ($identifier: String!) { startSignIn(input: { identifier: $identifier }) { ... on SignIn { id } } }',
    { identifier: email },
  );
  for (const proof of [{ password: PASSWORD }, ...(second === null ? [] : [second])]) {
    const { data: step } = await client.request<{ attemptFactor: { session?: SessionGrant | null } }>(
      `mutation ($input: AttemptFactorInput!) {
        attemptFactor(input: $input) { ... on SignIn { session { accessToken refreshToken } } }
      }`,
      { input: { workflowId: data?.startSignIn.id, proof } },
    );
    const grant = step?.attemptFactor.session;
    if (grant?.accessToken) await client.setSession(grant); // in cookie mode, the client need not be told
  }
}
