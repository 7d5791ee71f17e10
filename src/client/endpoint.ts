// One GraphQL request to Stepgate, over HTTP.
import { UnexpectedAnswer } from './errors.ts';
import type { Answer, AnswerError } from './refusal.ts';

/** With what a request says who is asking. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the browser adds its cookies, and keeps those of the answer. */
  readonly cookies: boolean;
}

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The answer to an operation. A refused query has both: what was given, and why the rest was not. */
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

  /** @throws {UnexpectedAnswer}, or what `fetch` throws when nobody answers. */
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
      // Tokens and proofs are for this address only.
      redirect: 'error',
      ...(cookies ? { credentials: 'include' } : {}),
    });
    const answer: unknown = await response.json().catch(() => null);
    if (!isAnswer(answer)) throw new UnexpectedAnswer(response.status);
    return answer as GraphQLAnswer<Data>;
  }
}

/** The answer to a mutation of one field. */
export type FieldAnswer<Result> = GraphQLAnswer<Readonly<Record<string, Result | null>>>;

/** That field, whose expected failures are data. @throws {UnexpectedAnswer} for any other failure. */
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
