// The client: one session, its tokens, and the operations that are sent with them.
import { BearerSession } from './bearer-session.ts';
import { CookieSession } from './cookie-session.ts';
import { type Document, textOf } from './document.ts';
import { type Credentials, Endpoint, type Fetch, type FieldAnswer, type GraphQLAnswer } from './endpoint.ts';
import { kindOf, type Operation } from './operation.ts';
import { perform, type Send } from './perform.ts';
import { type OnEnrollmentRequired, type OnStepUp, Prompts } from './prompts.ts';
import type { Answer } from './refusal.ts';
import type { ClientSession } from './session.ts';
import type { SessionGrant } from './session-grant.ts';
import type { StepUpChannel, WithGrant } from './step-up.ts';
import { type DeviceTokenStore, deviceInMemory, inMemory, type TokenStore } from './token-store.ts';

export interface StepgateClientOptions {
  /** Where Stepgate answers: `https://auth.example.com/graphql`. */
  readonly url: string;
  /**
   * `bearer` (the default): this client holds the tokens. `cookie`: they are cookies that no script can read, for pages
   * of `PUBLIC_URL` and `CORS_ORIGINS`.
   */
  readonly mode?: 'bearer' | 'cookie';
  /** Where the tokens are kept in bearer mode: in memory unless said otherwise. */
  readonly tokens?: TokenStore;
  /** Where the device's token is kept in bearer mode: give it a place that lasts. */
  readonly deviceTokens?: DeviceTokenStore;
  /** Another `fetch` than the global one. */
  readonly fetch?: Fetch;
  /** Asks the user for a proof. Without it, refusals are answers like any other. */
  readonly onStepUp?: OnStepUp;
  /** Shows the user how to add a factor. Without it, the refusal `ENROLLMENT_REQUIRED` is an answer like any other. */
  readonly onEnrollmentRequired?: OnEnrollmentRequired;
  /**
   * The session has ended, though nobody called `signOut` here: it was revoked, it was not used for too long, or the
   * user has signed out in another tab. In cookie mode also when it turns out that there was none.
   */
  readonly onSignedOut?: () => void;
}

export interface StepgateClient {
  /** A valid access token, refreshed when needed. Null: nobody is signed in, or the mode is `cookie`. */
  accessToken(): Promise<string | null>;
  /** The `session` of a completed sign-up, sign-in or enrollment: from now on it is the client's. In cookie mode too. */
  setSession(grant: SessionGrant): Promise<void>;
  /**
   * Ends the session at the server and forgets it here, the latter in any case. It rejects while the server has not
   * ended it; the client then goes on trying, when it is online again and before whatever it sends next.
   */
  signOut(): Promise<void>;
  /** One operation for Stepgate. Refusals that remain are among its `errors`. @throws {UnexpectedAnswer} */
  request<Data = unknown, Variables = Readonly<Record<string, unknown>>>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): Promise<GraphQLAnswer<Data>>;
  /**
   * One operation for any API that `@stepUp` guards, sent by other means: `send` is called with what is to be
   * presented, and called again when the operation was refused and may be let in now.
   */
  perform<Result extends Answer>(operation: Operation, send: Send<Result>): Promise<Result>;
  /** Another prompt than `onStepUp`, until the returned function is called: for a prompt that is mounted. */
  promptWith(onStepUp: OnStepUp): () => void;
}

/**
 * A client for one session.
 *
 * @example
 * const stepgate = createStepgateClient({ url, onStepUp: async ({ workflow }) => { … await workflow.attempt({ totp }) } });
 * await stepgate.setSession(session); // of the sign-in that has completed
 * const { data, errors } = await stepgate.request('{ viewer { auditEvents { type } } }');
 */
export function createStepgateClient(options: StepgateClientOptions): StepgateClient {
  const endpoint = new Endpoint(options.url, options.fetch);
  const session = sessionOf(options, endpoint);
  const deviceTokens = options.deviceTokens ?? deviceInMemory();
  const isBearer = options.mode !== 'cookie';

  /** Stepgate itself also wants to know the device. */
  async function known(credentials: Credentials): Promise<Credentials> {
    const device = isBearer ? await deviceTokens.get() : null;
    if (device === null) return credentials;
    return { ...credentials, headers: { ...credentials.headers, 'x-stepgate-device': device } };
  }

  async function keep(grant: SessionGrant): Promise<void> {
    await session.keep(grant);
    if (isBearer && grant.deviceToken != null) await deviceTokens.set(grant.deviceToken);
  }

  const channel: StepUpChannel = {
    ask: (request) =>
      perform(session, null, { ...request, kind: 'mutation' }, async (credentials) =>
        endpoint.send(request, await known(credentials)),
      ),
    askForTokens: <Result extends WithGrant>(request: { readonly query: string }) =>
      perform(session, null, { ...request, kind: 'mutation' }, (credentials) =>
        session.inTurn(async (): Promise<FieldAnswer<Result>> => {
          const answer: FieldAnswer<Result> = await endpoint.send(request, await known(credentials));
          for (const step of Object.values(answer.data ?? {}))
            if (step?.session) await session.replace(step.session);
          return answer;
        }),
      ),
  };
  const prompts = new Prompts(channel, options);
  session.finishSignOut().catch(() => {}); // what the store throws is for whoever asks it next

  return {
    async accessToken() {
      const { mark } = await session.present();
      return typeof mark === 'string' ? mark : null;
    },

    setSession: (grant) => session.inTurn(() => keep(grant)),

    signOut: () => session.signOut(),

    async request<Data, Variables>(document: Document<Data, Variables>, variables?: Variables) {
      const query = await textOf(document);
      const request = { query, variables: variables as Operation['variables'] };
      return perform(session, prompts, { ...request, kind: kindOf(query) }, async (credentials) =>
        endpoint.send<Data>(request, await known(credentials)),
      );
    },

    perform: (operation, send) => perform(session, prompts, operation, send),

    promptWith(onStepUp) {
      const { handlers } = prompts;
      const before = handlers.onStepUp;
      handlers.onStepUp = onStepUp;
      return () => {
        if (handlers.onStepUp === onStepUp) handlers.onStepUp = before;
      };
    },
  };
}

function sessionOf(
  { url, mode, tokens, onSignedOut = () => {} }: StepgateClientOptions,
  endpoint: Endpoint,
): ClientSession {
  const lock = `stepgate ${url}`;
  return mode === 'cookie'
    ? new CookieSession(endpoint, lock, onSignedOut)
    : new BearerSession(endpoint, tokens ?? inMemory(), tokens === undefined ? null : lock, onSignedOut);
}
