// Runs the operations of requests, however they arrived: parses within the limits, finds out who is asking, asks the
// guards, checks variables, executes, and makes errors safe to send.
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  OperationTypeNode,
  subscribe,
} from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import { refuseAgent } from '../graphql/agents.ts';
import { authContextOf, consumeProof, type GraphQLContext } from '../graphql/context.ts';
import { variableErrors } from '../graphql/input-errors.ts';
import type { RequestBudget } from '../graphql/request-budget.ts';
import { challengeOf } from '../step-up/refused-response.ts';
import { useStepUp } from '../step-up/yoga.ts';
import { type Documents, operationOf } from './documents.ts';
import { acceptable } from './media-types.ts';
import { checkedOperation, refused } from './requests.ts';
import { isStream, presentedStream, type ResultStream } from './result-stream.ts';
import type { Results } from './results.ts';

/** A request, its response, and what all its operations share. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly budget: RequestBudget;
  /** Whether the operation is one of a batch. */
  isBatch?: boolean;
}

interface OperationsParts {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly results: Results;
  readonly contextOf: (exchange: Exchange) => Promise<GraphQLContext>;
}

export class Operations {
  readonly #parts: OperationsParts;
  readonly #guards = useStepUp(authContextOf, { consumeProof });

  constructor(parts: OperationsParts) {
    this.#parts = parts;
    this.#guards.onSchemaChange(parts);
  }

  /** Runs one operation. Never rejects. */
  async run(params: GraphQLParams, exchange: Exchange): Promise<ExecutionResult | ResultStream> {
    const { results } = this.#parts;
    const result = await this.#run(params, exchange).catch((error: unknown) => results.failed(error));
    if (!isStream(result)) results.note(result, params.operationName);
    return result;
  }

  /** Completes the results of a request: their codes, their statuses, and the challenge in the header of the response. */
  complete(results: ExecutionResult | readonly ExecutionResult[], { res }: Exchange): void {
    const all = [results].flat();
    for (const one of all) this.#parts.results.note(one);
    const challenge = challengeOf(all);
    if (challenge !== null) res.setHeader('www-authenticate', challenge);
  }

  async #run(params: GraphQLParams, exchange: Exchange): Promise<ExecutionResult | ResultStream> {
    const { schema, documents, results, contextOf } = this.#parts;
    const { query, operationName, variables } = checkedOperation(params);
    const document = documents.parse(query, exchange.budget);
    const { operation } = operationOf(document, operationName);
    if (operation === OperationTypeNode.MUTATION && exchange.req.method === 'GET')
      throw refused(405, 'BAD_REQUEST', 'Send mutations by POST.', { Allow: 'POST' });
    const isSubscription = operation === OperationTypeNode.SUBSCRIPTION;
    const mistakes = documents.mistakesIn(document);
    if (mistakes.length > 0) return { errors: mistakes };
    if (isSubscription) checkStreamable(exchange);
    const contextValue = await contextOf(exchange);
    const args = { schema, document, contextValue, operationName, variableValues: variables };
    const closed = contextValue.session?.agent == null ? null : refuseAgent(args);
    if (closed !== null) return { errors: [closed] };

    if (isSubscription) return withoutValidVariables(args) ?? this.#subscribe(args);
    let refusal: ExecutionResult | undefined;
    const setResultAndStopExecution = (result: ExecutionResult): void => void (refusal = result);
    const guarded = await this.#guards.onExecute({ args, setResultAndStopExecution });
    if (refusal !== undefined) return refusal;
    // After the guards, so that a refused caller learns nothing about arguments.
    const result = withoutValidVariables(args) ?? (await execute(args));
    guarded?.onExecuteDone({ result });
    return results.presented('data' in result ? result : notBegun(result));
  }

  async #subscribe(args: ExecutionArgs): Promise<ExecutionResult | ResultStream> {
    const { results } = this.#parts;
    const subscribed = await subscribe(args);
    return isStream(subscribed) ? presentedStream(subscribed, results) : results.presented(subscribed);
  }
}

/** @throws a GraphQLError unless the response can be a stream of events. */
function checkStreamable({ req, isBatch = false }: Exchange): void {
  // The id of a workflow is a secret, and proxies log URLs.
  if (req.method === 'GET')
    throw refused(405, 'BAD_REQUEST', 'Send subscriptions by POST.', { Allow: 'POST' });
  if (isBatch) throw refused(400, 'BAD_REQUEST', 'Send each subscription in a request of its own.');
  if (!acceptable(req.headers.accept).stream)
    throw refused(406, 'NOT_ACCEPTABLE', 'Subscriptions need the header `Accept: text/event-stream`.');
}

/** Null if the variables have the types that the operation declares. */
function withoutValidVariables({
  schema,
  document,
  operationName,
  variableValues,
}: ExecutionArgs): ExecutionResult | null {
  const errors = variableErrors(schema, document, operationName, variableValues ?? {});
  for (const { extensions } of errors) extensions['http'] = { status: 400, spec: true };
  return errors.length === 0 ? null : { errors };
}

/** Of an operation whose variables are missing. */
function notBegun(result: ExecutionResult): ExecutionResult {
  for (const { extensions } of result.errors ?? []) extensions['http'] ??= { status: 400 };
  return result;
}
