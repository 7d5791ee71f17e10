// The people of these tests, and what their clients send: recorded, as a browser's network panel would show it.
import { vi } from 'vitest';
import {
  createStepgateClient,
  type OnStepUp,
  type StepgateClient,
  type StepgateClientOptions,
} from '../../src/client/index.ts';
import type { TestApp } from '../harness/app.ts';
import type { Person, TestClient, Tokens } from '../harness/client.ts';

export const AUDIT_EVENTS = '{ viewer { id auditEvents { type } } }';
export const NEW_CODES = 'mutation { regenerateBackupCodes { codes } }';
export const VIEWER = '{ viewer { id } }';

/** Somebody with an authenticator app, in a session that never proved it. */
export interface Guarded {
  readonly person: Person;
  readonly secret: string;
  readonly backupCodes: readonly string[];
  /** Of the session that is to step up. */
  readonly tokens: Tokens;
}

export async function guarded(server: TestClient): Promise<Guarded> {
  const person = await server.signUp();
  const { secret, backupCodes } = await server.enrollTotp((await server.signIn(person)).accessToken);
  return { person, secret, backupCodes, tokens: person };
}

export interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: { readonly query: string; readonly variables?: Record<string, unknown> };
}

/** A `fetch` that remembers what went through it. */
export class Network {
  readonly sent: Sent[] = [];

  readonly fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const body = JSON.parse(init?.body as string);
    this.sent.push({ url: new Request(url).url, headers: new Headers(init?.headers), body });
    return fetch(url, init);
  };

  /** How many operations with this in their text were sent. */
  count(text: string): number {
    return this.sent.filter(({ body }) => body.query.includes(text)).length;
  }
}

export interface ClientOfTest {
  readonly client: StepgateClient;
  readonly network: Network;
}

export async function clientOf(
  app: Pick<TestApp, 'url'>,
  tokens: Tokens | null,
  options: Partial<StepgateClientOptions> = {},
): Promise<ClientOfTest> {
  const network = new Network();
  const client = createStepgateClient({ url: `${app.url}/graphql`, fetch: network.fetch, ...options });
  if (tokens !== null) await client.setSession(tokens);
  return { client, network };
}

/** A prompt that is answered with the next code of an app. */
export function typing(app: Pick<TestApp, 'clock'>, server: TestClient, secret: string) {
  return vi.fn<OnStepUp>(async ({ workflow }) => {
    app.clock.advance(30);
    await workflow.attempt({ totp: server.totp(secret) });
  });
}

/** The codes of the errors of an answer. */
export function codesOf({
  errors = [],
}: {
  errors?: readonly { extensions?: object | undefined }[] | undefined;
}): unknown[] {
  return errors.map(({ extensions }) => (extensions as { code?: unknown })?.code);
}
