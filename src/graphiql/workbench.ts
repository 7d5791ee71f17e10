// What all panels share: the sessions, the last refusal, and the workflow that a person runs. It stands between GraphiQL
// and the API: it adds the token of the chosen session to each operation, and reads the replies.
import type { Fetcher, FetcherOpts, FetcherParams } from '@graphiql/toolkit';
import { getOperationAST } from 'graphql';
import { hasOneField, kindOf, type Operation } from '../client/operation.ts';
import type { StepUpPrompt } from '../client/prompts.ts';
import { type Answer, type Demand, demandsOf, isRefusedAsNobody } from '../client/refusal.ts';
import { grantsIn } from './grants.ts';
import { Observable } from './observable.ts';
import { Sessions } from './sessions.ts';
import { WorkflowRun } from './workflow-run.ts';

/** A refusal that something can be done about. */
export interface Refused {
  readonly remedy: Demand['remedy'] | 'SIGN_IN';
  /** The requirement of the refused fields. Null if somebody has to sign in. */
  readonly demand: Demand | null;
  /** The first refused field, as a path. */
  readonly field: string;
}

export class Workbench {
  readonly sessions: Sessions;
  /** The refusal of the last reply. */
  readonly refused = new Observable<Refused | null>(null);
  /** The workflow that is shown. */
  readonly running = new Observable<WorkflowRun | null>(null);
  /** Counts the replies, because each may change what the server would allow. */
  readonly replies = new Observable<number>(0);
  readonly #keepsSessions: boolean;
  #isSteppingUp = false;

  /**
   * @param stepgate the API of Stepgate.
   * @param keepsSessions whether the replies of the API bring sessions.
   */
  constructor(stepgate: string, keepsSessions: boolean) {
    this.#keepsSessions = keepsSessions;
    this.sessions = new Sessions(stepgate, async () => this.#isSteppingUp && this.enroll('TOTP'));
  }

  /** Adds the chosen session to what a fetcher sends, unless the headers name another one. */
  readonly fetcherOf =
    (send: Fetcher): Fetcher =>
    async (request, options = {}) => {
      const isOwn = Object.keys(options.headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
      const session = isOwn || isIntrospection(request) ? null : this.sessions.state().chosen;
      const operation = operationOf(request, options);
      if (session === null) {
        const result = await send(request, options);
        // A refusal of a session that the headers name cannot be remedied here.
        if (isAnswer(result)) await this.#read(result, isOwn ? null : operation);
        return result;
      }
      const sendAs = (headers: Readonly<Record<string, string>>) =>
        send(request, { ...options, headers: { ...options.headers, ...headers } });
      if (operation.kind === 'subscription')
        return sendAs({ authorization: `Bearer ${await session.client.accessToken()}` });
      let streamed: Awaited<ReturnType<Fetcher>> | null = null;
      const answer = await session.client.perform<Answer>(operation, async ({ headers }) => {
        const result = await sendAs(headers);
        streamed = isAnswer(result) ? null : result;
        return isAnswer(result) ? result : {};
      });
      if (streamed !== null) return streamed;
      await this.#read(answer, operation);
      return answer as Awaited<ReturnType<Fetcher>>;
    };

  /** Lets the next refusals of the chosen session ask for a proof in the panel. @param run runs the operation again. */
  async stepUpAndRun(run: () => Promise<void> | void): Promise<void> {
    const { chosen } = this.sessions.state();
    if (chosen === null) return;
    const stop = chosen.client.promptWith(this.#prompt);
    this.#isSteppingUp = true;
    try {
      await run();
    } finally {
      stop();
      this.#isSteppingUp = false;
    }
  }

  async signIn(identifier: string): Promise<void> {
    const client = this.sessions.newClient();
    const workflow = await client.signIn(identifier === '' ? {} : { identifier });
    await this.#show(new WorkflowRun('Sign in', workflow));
  }

  /** @returns whether the factor was enrolled. */
  async enroll(factor: string): Promise<boolean> {
    const { chosen } = this.sessions.state();
    if (chosen === null) return false;
    return this.#show(new WorkflowRun(`Enroll ${factor}`, await chosen.client.enroll({ factor }), factor));
  }

  /** @returns whether the workflow was completed. */
  async #show(run: WorkflowRun): Promise<boolean> {
    this.running.state()?.close();
    this.running.become(run);
    await run.closed;
    if (this.running.state() === run) this.running.become(null);
    return run.isComplete;
  }

  readonly #prompt = async ({ workflow }: StepUpPrompt): Promise<void> => {
    await this.#show(new WorkflowRun('Step up', workflow));
  };

  async #read(answer: Answer, operation: Operation | null): Promise<void> {
    if (this.#keepsSessions) for (const grant of grantsIn(answer.data)) await this.sessions.keep(grant);
    this.refused.become(operation && refusedIn(answer, operation));
    this.replies.become(this.replies.state() + 1);
  }
}

function refusedIn(answer: Answer, operation: Operation): Refused | null {
  const field = (answer.errors?.[0]?.path ?? []).join('.');
  if (isRefusedAsNobody(answer)) return { remedy: 'SIGN_IN', demand: null, field };
  const [demand] = demandsOf(answer, operation);
  return demand ? { remedy: demand.remedy, demand, field } : null;
}

function operationOf(
  { query, operationName, variables }: FetcherParams,
  { documentAST }: FetcherOpts,
): Operation {
  const found = documentAST && getOperationAST(documentAST, operationName);
  return {
    kind: found?.operation ?? kindOf(query),
    query,
    operationName: operationName ?? undefined,
    variables,
    hasOneField: documentAST !== undefined && hasOneField(documentAST, operationName ?? undefined),
  };
}

function isIntrospection({ operationName }: FetcherParams): boolean {
  return operationName === 'IntrospectionQuery';
}

/** As opposed to a stream of results. */
function isAnswer(result: unknown): result is Answer {
  return (
    typeof result === 'object' &&
    result !== null &&
    !(Symbol.asyncIterator in result) &&
    !('subscribe' in result)
  );
}
