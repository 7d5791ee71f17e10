// Sends GraphQL requests to Stepgate over HTTP.
import { UnexpectedAnswer } from './errors.ts';
import type { Answer, AnswerError } from './refusal.ts';

/** The credentials to send with a request. */
export interface Credentials {
  /** The HTTP headers to add. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether to send and store cookies (`credentials: 'include'`). */
  readonly cookies: boolean;
}

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The response to an operation. A partly refused query has both `data` and `errors`. */
export interface GraphQLAnswer<Data = unknown> extends Answer {
  readonly data?: Data | null;
  readonly errors?: readonly AnswerError[];
}

export interface GraphQLRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

export class Endpoint {
  readonly #url: string;
  readonly #fetch: Fetch;

  constructor(url: string, send?: Fetch) {
    this.#url = url;
    this.#fetch = send ?? ((...request) => fetch(...request));
  }

  /** @throws {UnexpectedAnswer}, or the error of `fetch` if the request fails. */
  async send<Data>(
    { query, variables }: GraphQLRequest,
    { headers, cookies }: Credentials,
  ): Promise<GraphQLAnswer<Data>> {
    const response = await this.#fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
      // Tokens and proofs must not be sent to another address.
      redirect: 'error',
      ...(cookies ? { credentials: 'include' } : {}),
    });
    const answer: unknown = await response.json().catch(() => null);
    if (!isAnswer(answer)) throw new UnexpectedAnswer(response.status);
    return answer as GraphQLAnswer<Data>;
  }
}

/** The response to a mutation with one field. */
export type FieldAnswer<Result> = GraphQLAnswer<Readonly<Record<string, Result | null>>>;

/** The value of that field. Expected failures are data. @throws {UnexpectedAnswer} for any other failure. */
export function fieldOf<Result>({ data, errors }: FieldAnswer<Result>): Result {
  const [result] = Object.values(data ?? {});
  if (result == null) {
    const code = errors?.[0]?.extensions?.['code'];
    throw new UnexpectedAnswer(200, typeof code === 'string' ? `the error ${code}` : 'an error');
  }
  return result;
}

function isAnswer(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);
}
