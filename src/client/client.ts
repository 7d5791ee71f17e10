// The client: a session, its tokens, and the operations sent with them.
import { type Approval, untilApproved } from './approval.ts';
import { BearerSession } from './bearer-session.ts';
import type { StepgateClientOptions } from './client-options.ts';
import type { ClientSession } from './client-session.ts';
import { CookieSession } from './cookie-session.ts';
import { type Document, textOf } from './document.ts';
import {
  type Credentials,
  Endpoint,
  type FieldAnswer,
  fieldOf,
  type GraphQLAnswer,
  type GraphQLRequest,
} from './endpoint.ts';
import { type EnrollmentInput, type EnrollmentWorkflow, startEnrollment } from './enrollment.ts';
import { hybridStore, type TabStore } from './hybrid-store.ts';
import { kindOf, type Operation } from './operation.ts';
import type { OperationClient } from './operation-client.ts';
import { type PasskeyAccount, signalPasskeys } from './passkey-signals.ts';
import { type OnStepUp, type PromptHandlers, prompts } from './prompts.ts';
import { runOperation } from './run-operation.ts';
import type { SessionGrant } from './session-grant.ts';
import { type SessionView, type SessionWatch, watchSession } from './session-watch.ts';
import { type SignInInput, type SignInWorkflow, startSignIn } from './sign-in.ts';
import { type SignUpInput, type SignUpWorkflow, startSignUp } from './sign-up.ts';
import { deviceInMemory, inMemory } from './token-store.ts';
import type { WithGrant, WorkflowChannel } from './workflow.ts';

/** A client for one session. Create it with {@link createStepgateClient}. */
export interface StepgateClient extends OperationClient {
  /** Whether somebody is signed in, and news of sign-ins, sign-outs and step-ups in any tab. */
  readonly session: SessionView;
  /**
   * Returns a valid access token, refreshing it if needed.
   *
   * @returns null if nobody is signed in, or in cookie mode.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if a needed refresh fails.
   */
  accessToken(): Promise<string | null>;
  /**
   * Makes the client use a session. Call this in both modes.
   *
   * @param grant the `session` of a completed sign-up, sign-in or enrollment.
   */
  setSession(grant: SessionGrant): Promise<void>;
  /**
   * Starts a sign-up. When it is complete, the client uses its session.
   *
   * @param input the new user.
   * @throws {StepUpError} if it is refused, for example with `PASSWORD_REJECTED`.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  signUp(input: SignUpInput): Promise<SignUpWorkflow>;
  /**
   * Starts a sign-in. When it is complete, the client uses its session.
   *
   * @param input who wants to sign in. Without an `identifier`, a passkey says who it is.
   * @throws {StepUpError} if it is refused, for example with `TOO_MANY_REQUESTS`.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  signIn(input?: SignInInput): Promise<SignInWorkflow>;
  /**
   * Starts the enrollment of a factor for the signed-in user.
   *
   * @throws {StepUpError} if it is refused, for example with `UNAUTHENTICATED`.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  enroll(input: EnrollmentInput): Promise<EnrollmentWorkflow>;
  /**
   * Tells the browser which passkeys the user still has, and what the user is called. Call it after a passkey was
   * removed, or the user's name or email address was changed.
   *
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails. The browser is told nothing then.
   */
  signalPasskeys(): Promise<void>;
  /**
   * Signs the user out: forgets the session locally, in any case, and ends it on the server.
   *
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the session may still exist on the server. The client then
   * retries when the device is online again, and before the next request.
   */
  signOut(): Promise<void>;
  /**
   * Sends an operation to Stepgate. A refused operation is sent again after a token refresh or a prompt.
   *
   * @param document the operation, as text or as a parsed or generated document.
   * @param variables the variables of the operation.
   * @returns `data` and `errors`. Refusals that remain are in `errors`.
   * @throws {UnexpectedAnswer} if the response is not a GraphQL response, or the error of `fetch` if the request fails.
   * @throws {TypeError} if `document` is not a document.
   */
  request<Data = unknown, Variables = Readonly<Record<string, unknown>>>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): Promise<GraphQLAnswer<Data>>;
  /**
   * Waits until the user has approved the link or the request of a workflow, on any device. Then call `attemptFactor`
   * with `{ linkApproved: true }` or `{ deviceApproval: true }`.
   *
   * @param workflowId the workflow, for example a sign-in. For a step-up of a prompt, use `workflow.waitForApproval`.
   * @param signal stops the waiting.
   * @returns also when the workflow is over; then `approvedAt` is null.
   * @throws the reason of `signal` when it aborts.
   */
  waitForApproval(workflowId: string, signal?: AbortSignal): Promise<Approval>;
  /**
   * Replaces `onStepUp`, for a prompt that is a mounted component.
   *
   * @returns a function that restores the previous prompt.
   */
  promptWith(onStepUp: OnStepUp): () => void;
}

/**
 * Creates a client for one session.
 *
 * @example
 * const stepgate = createStepgateClient({ url, onStepUp: async ({ workflow }) => { … await workflow.attempt({ totp }) } });
 * await stepgate.setSession(session); // from a completed sign-in
 * const { data, errors } = await stepgate.request('{ viewer { auditEvents { type } } }');
 */
export function createStepgateClient(options: StepgateClientOptions): StepgateClient {
  const { mode = 'bearer' } = options;
  const isBearer = mode === 'bearer';
  const endpoint = new Endpoint(options.url, options.fetch, mode === 'hybrid' ? HYBRID : undefined);
  const watch = watchSession(() => session.isSignedIn(), options.onSignedOut);
  const session = sessionOf(options, endpoint, watch);
  const deviceTokens = options.deviceTokens ?? deviceInMemory();

  /** Adds the device token, which is sent to Stepgate only. */
  async function known(credentials: Credentials): Promise<Credentials> {
    const device = isBearer ? await deviceTokens.get() : null;
    if (device === null) return credentials;
    return { ...credentials, headers: { ...credentials.headers, 'x-stepgate-device': device } };
  }

  async function keep(grant: SessionGrant): Promise<void> {
    await session.keep(grant);
    if (isBearer && grant.deviceToken != null) await deviceTokens.set(grant.deviceToken);
    watch.note('SIGNED_IN');
    session.tell('SIGNED_IN');
  }

  async function* subscribe<Data>(
    request: GraphQLRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GraphQLAnswer<Data> | null> {
    yield* endpoint.stream<Data>(request, await known(await session.present()), signal);
  }

  /** @param store stores the tokens that a workflow has issued. */
  function channelThat(store: (grant: SessionGrant) => Promise<void>): WorkflowChannel {
    return {
      query: <Data>(request: GraphQLRequest): Promise<GraphQLAnswer<Data>> =>
        runOperation(session, null, { ...request, kind: 'query' }, async (credentials) =>
          endpoint.send<Data>(request, await known(credentials)),
        ),
      subscribe,
      ask: (request) =>
        runOperation(session, null, { ...request, kind: 'mutation' }, async (credentials) =>
          endpoint.send(request, await known(credentials)),
        ),
      askForTokens: <Result extends WithGrant>(request: { readonly query: string }) =>
        runOperation(session, null, { ...request, kind: 'mutation' }, (credentials) =>
          session.inTurn(async (): Promise<FieldAnswer<Result>> => {
            const answer: FieldAnswer<Result> = await endpoint.send(request, await known(credentials));
            for (const step of Object.values(answer.data ?? {})) if (step?.session) await store(step.session);
            return answer;
          }),
        ),
    };
  }
  const channel = channelThat(async (grant) => {
    if (!(await session.replace(grant))) return;
    watch.note('STEPPED_UP');
    session.tell('STEPPED_UP');
  });
  const handlers: PromptHandlers = {
    onStepUp: options.onStepUp,
    onEnrollmentRequired: options.onEnrollmentRequired,
  };
  const asking = prompts(channel, handlers);

  async function request<Data, Variables>(document: Document<Data, Variables>, variables?: Variables) {
    const query = await textOf(document);
    const sent = { query, variables: variables as Operation['variables'] };
    return runOperation(session, asking, { ...sent, kind: kindOf(query) }, async (credentials) =>
      endpoint.send<Data>(sent, await known(credentials)),
    );
  }

  session.finishSignOut().catch(() => {}); // an error of the store surfaces at its next use

  return {
    session: watch,

    onlyFor: mode === 'cookie' ? options.url : null,

    async accessToken() {
      const { mark } = await session.present();
      return typeof mark === 'string' ? mark : null;
    },

    setSession: (grant) => session.inTurn(() => keep(grant)),

    signUp: (input) => startSignUp(channelThat(keep), input),

    signIn: (input = {}) => startSignIn(channelThat(keep), input),

    enroll: (input) => startEnrollment(channel, input),

    async signalPasskeys() {
      const answer: FieldAnswer<{ readonly passkeyAccounts: readonly PasskeyAccount[] }> =
        await request(PASSKEYS);
      for (const account of fieldOf(answer).passkeyAccounts) await signalPasskeys(account);
    },

    signOut: () => session.signOut(),

    request,

    perform: (operation, send) => runOperation(session, asking, operation, send),

    waitForApproval: (workflowId, signal = new AbortController().signal) =>
      untilApproved(channel, workflowId, signal),

    promptWith(onStepUp) {
      const before = handlers.onStepUp;
      handlers.onStepUp = onStepUp;
      return () => {
        if (handlers.onStepUp === onStepUp) handlers.onStepUp = before;
      };
    },
  };
}

const PASSKEYS = '{ viewer { passkeyAccounts { rpId userId name displayName credentialIds } } }';

const HYBRID: Credentials = { headers: { 'x-stepgate-session': 'hybrid' }, cookies: true };

function sessionOf(
  { url, mode, tokens }: StepgateClientOptions,
  endpoint: Endpoint,
  watch: SessionWatch,
): ClientSession {
  const lock = `stepgate ${url}`;
  if (mode === 'cookie') return new CookieSession(endpoint, lock, watch);
  const store: TabStore | undefined = mode === 'hybrid' ? hybridStore(lock) : tokens;
  return new BearerSession(endpoint, store ?? inMemory(), store === undefined ? null : lock, watch);
}
