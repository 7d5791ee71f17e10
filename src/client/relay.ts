// The public export `stepgate/client/relay`: the function with which Relay sends operations.
import { UnexpectedAnswer } from './errors.ts';
import { graphqlAnswerOf } from './http-answer.ts';
import type { OperationKind } from './operation.ts';
import { assertReaches, type OperationClient } from './operation-client.ts';

export { type OperationClient, OtherHostError } from './operation-client.ts';

/** What Relay says of an operation. */
export interface RelayRequest {
  /** The id of a persisted document. Null if `text` is sent. */
  readonly id?: string | null | undefined;
  /** The text of the operation. Null if it is persisted. */
  readonly text: string | null;
  readonly name: string;
  readonly operationKind: string;
}

/** A `FetchFunction` for `Network.create` of `relay-runtime`. */
export type RelayFetchFunction = (
  request: RelayRequest,
  variables: Readonly<Record<string, unknown>>,
  cacheConfig?: unknown,
  uploadables?: object | null,
) => Promise<RelayResponse>;

/** A GraphQL response, in the type that Relay takes. `data` is absent if the operation was refused as a whole. */
export interface RelayResponse {
  readonly data: Record<string, unknown>;
  readonly errors?: { readonly message: string }[];
}

/**
 * Creates the function with which Relay sends queries and mutations. It adds the client's credentials to each operation,
 * and sends a refused one again after a token refresh or a step-up. A persisted document is sent as `id`. It cannot be
 * approved by a proof that is bound to the operation (`bind: OPERATION`), because that needs its text.
 *
 * @param client the client whose session and prompts are used.
 * @param url the URL of the API.
 * @param send the function that sends requests. Default: the global `fetch`.
 * @throws {TypeError}, as a rejected promise, if the operation uploads files.
 * @example
 * const network = Network.create(createStepgateFetchFunction(stepgate, 'https://api.example.com/graphql'));
 */
export function createStepgateFetchFunction(
  client: OperationClient,
  url: string,
  send: typeof fetch = (...request) => fetch(...request),
): RelayFetchFunction {
  return async ({ id, text, name, operationKind }, variables, _cacheConfig, uploadables) => {
    if (uploadables != null) throw new TypeError('Uploads are not supported.');
    assertReaches(client, url);
    const body = JSON.stringify({
      ...(text === null ? { id } : { query: text }),
      operationName: name,
      variables,
    });
    const operation = {
      kind: operationKind as OperationKind,
      query: text ?? '',
      operationName: name,
      variables,
    };
    let status = 0;
    const answer = await client.perform(operation, async ({ headers, cookies }) => {
      const response = await send(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json, application/json',
          ...headers,
        },
        body,
        ...(cookies ? { credentials: 'include' } : {}),
      });
      ({ status } = response);
      return graphqlAnswerOf(response);
    });
    if (answer.data === undefined && answer.errors === undefined) throw new UnexpectedAnswer(status);
    return answer as unknown as RelayResponse;
  };
}
