// The users of these tests, and clients whose requests are recorded.
import { vi } from 'vitest';
import {
  createStepgateClient,
  type OnStepUp,
  type StepgateClient,
  type StepgateClientOptions,
  type StoredTokens,
  type TokenStore,
} from '../../src/client/index.ts';
import type { TestApp } from '../harness/app.ts';
import type { Person, TestClient, Tokens } from '../harness/client.ts';

export const AUDIT_EVENTS = '{ viewer { id auditEvents { type } } }';
export const NEW_CODES = 'mutation { regenerateBackupCodes { codes } }';
export const VIEWER = '{ viewer { id } }';

/** A user with an authenticator app, and a session that has not proved it. */
export interface Guarded {
  readonly person: Person;
  readonly secret: string;
  readonly backupCodes: readonly string[];
  /** The tokens of the session that will step up. */
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

/** A `fetch` that records requests. */
export class Network {
  readonly sent: Sent[] = [];

  readonly fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const body = JSON.parse(init?.body as string);
    this.sent.push({ url: new Request(url).url, headers: new Headers(init?.headers), body });
    return fetch(url, init);
  };

  /** The number of sent operations that contain this text. */
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

/** A prompt that enters the next code of an authenticator app. */
export function typing(app: Pick<TestApp, 'clock'>, server: TestClient, secret: string) {
  return vi.fn<OnStepUp>(async ({ workflow }) => {
    app.clock.advance(30);
    await workflow.attempt({ totp: server.totp(secret) });
  });
}

/** The error codes in a response. */
export function codesOf({
  errors = [],
}: {
  errors?: readonly { extensions?: object | undefined }[] | undefined;
}): unknown[] {
  return errors.map(({ extensions }) => (extensions as { code?: unknown })?.code);
}

/** A store that outlives its page. It keeps only the documented fields. */
export function lasting(): TokenStore & { held: StoredTokens | null } {
  return {
    held: null,
    get() {
      return this.held;
    },
    set({ accessToken, refreshToken, refreshAt }) {
      this.held = { accessToken, refreshToken, refreshAt };
    },
    clear() {
      this.held = null;
    },
  };
}
