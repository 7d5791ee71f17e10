// Creates a client: a session, its tokens, and the operations sent with them.
import { untilApproved } from './approval.ts';
import { BearerSession } from './bearer-session.ts';
import type { StepgateClient, WorkflowOfType } from './client.ts';
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
import { startEnrollment } from './enrollment.ts';
import { hybridStore, type TabStore } from './hybrid-store.ts';
import { kindOf, type Operation } from './operation.ts';
import type { PasskeyAccount } from './passkey-signals.ts';
import { type PromptHandlers, prompts } from './prompts.ts';
import { runOperation } from './run-operation.ts';
import { RunningWorkflow } from './running-workflow.ts';
import type { SessionGrant } from './session-grant.ts';
import { type SessionWatch, watchSession } from './session-watch.ts';
import { startSignIn } from './sign-in.ts';
import { startSignUp } from './sign-up.ts';
import { deviceInMemory, inMemory } from './token-store.ts';
import type { WithGrant, WorkflowChannel, WorkflowType } from './workflow.ts';

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

    resume: <Type extends WorkflowType>(type: Type, id: string) =>
      RunningWorkflow.resume(type.startsWith('Sign') ? channelThat(keep) : channel, type, id) as Promise<
        WorkflowOfType[Type]
      >,

    async signalPasskeys() {
      const answer: FieldAnswer<{ readonly passkeyAccounts: readonly PasskeyAccount[] }> =
        await request(PASSKEYS);
      const { signalPasskeys } = await import('./passkey-signals.ts');
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
