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
  readonly #always: Credentials;

  /** @param always is sent with every request. */
  constructor(url: string, send?: Fetch, always: Credentials = { headers: {}, cookies: false }) {
    this.#url = url;
    this.#fetch = send ?? ((...request) => fetch(...request));
    this.#always = always;
  }

  /** @throws {UnexpectedAnswer}, or the error of `fetch` if the request fails. */
  async send<Data>(request: GraphQLRequest, credentials: Credentials): Promise<GraphQLAnswer<Data>> {
    const response = await this.#post(request, credentials, {
      accept: 'application/graphql-response+json, application/json',
    });
    const answer: unknown = await response.json().catch(() => null);
    if (!isAnswer(answer)) throw new UnexpectedAnswer(response.status);
    return answer;
  }

  /** The results of a subscription over server-sent events. Null is a sign of life. @throws as `send` does. */
  async *stream<Data>(
    request: GraphQLRequest,
    credentials: Credentials,
    signal: AbortSignal,
  ): AsyncGenerator<GraphQLAnswer<Data> | null> {
    const { status, body } = await this.#post(request, credentials, { accept: 'text/event-stream' }, signal);
    if (!body) throw new UnexpectedAnswer(status); // React Native reads no streams
    const reader = body.getReader();
    const decoder = new TextDecoder();
    for (let text = ''; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (text + decoder.decode(value, { stream: true })).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const [, data] = /^data: (.+)$/m.exec(event) ?? [];
        yield data === undefined ? null : JSON.parse(data);
      }
    }
  }

  #post(
    { query, variables }: GraphQLRequest,
    { headers, cookies }: Credentials,
    accept: { readonly accept: string },
    signal?: AbortSignal,
  ): Promise<Response> {
    return this.#fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...accept, ...this.#always.headers, ...headers },
      body: JSON.stringify({ query, variables }),
      // Tokens and proofs must not be sent to another address.
      redirect: 'error',
      ...(cookies || this.#always.cookies ? { credentials: 'include' } : {}),
      ...(signal ? { signal } : {}),
    });
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

export function isAnswer(value: unknown): value is GraphQLAnswer<never> {
  return typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);
}
