// The public export `stepgate/client/fetch`: a `fetch` that presents the session and answers refusals, for GraphQL clients
// without a link of their own and for APIs that are not GraphQL.
import type { Credentials } from './endpoint.ts';
import { graphqlAnswerOf, httpAnswerOf } from './http-answer.ts';
import { kindOf, type Operation } from './operation.ts';
import { assertReaches, type OperationClient } from './operation-client.ts';
import type { Answer } from './refusal.ts';

export { type OperationClient, OtherHostError } from './operation-client.ts';

/**
 * Creates a `fetch` that adds the client's credentials to each request, and sends a refused one again after a token
 * refresh or a step-up. It recognizes refusals in the responses to GraphQL requests, and in responses with status 401 and
 * the header `WWW-Authenticate` (RFC 9470). A batch of GraphQL operations is sent again only if all of it was refused.
 *
 * @param client the client whose session and prompts are used.
 * @param send the function that sends requests. Default: the global `fetch`.
 * @example
 * const fetch = createStepgateFetch(stepgate);
 * const graphql = new GraphQLClient('https://api.example.com/graphql', { fetch });
 */
export function createStepgateFetch(
  client: OperationClient,
  send: typeof fetch = (...request) => fetch(...request),
): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    assertReaches(client, request.url);
    const described = await graphqlIn(request);
    let last: Response | undefined;

    async function attempt({ headers, cookies }: Credentials) {
      await last?.body?.cancel(); // of the refused attempt
      const sent = new Request(request.clone(), cookies ? { credentials: 'include' } : {});
      for (const [name, value] of Object.entries(headers)) sent.headers.set(name, value);
      last = await send(sent);
      return described === null ? httpAnswerOf(last) : graphqlAnswerOf(last);
    }

    const kind = request.method === 'GET' || request.method === 'HEAD' ? 'query' : 'mutation';
    await client.perform<Answer>(described ?? { kind, query: '' }, attempt);
    return last as Response;
  };
}

/** The operation in a GraphQL request; null if it is not one, or not only one. */
async function graphqlIn(request: Request): Promise<Operation | null> {
  if (!request.headers.get('content-type')?.includes('json')) return null;
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => null);
  const { query, operationName, variables } = Object(body) as Record<string, unknown>;
  if (typeof query !== 'string') return null;
  return {
    kind: kindOf(query),
    query,
    operationName: typeof operationName === 'string' ? operationName : undefined,
    variables: Object(variables) as Operation['variables'],
  };
}
