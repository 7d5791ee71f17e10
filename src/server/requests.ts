// Reads the operations of an HTTP request (GraphQL over HTTP): JSON by POST, or a query by GET. Anything else is refused
// before it runs, with a typed error that never quotes the request, because even a malformed body may contain a password.
import type { IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import { LIMITS } from '../graphql/limits.ts';
import { acceptable, mediaType, RESPONSE_TYPES } from './media-types.ts';

const METHODS = 'GET, POST';
const REQUEST_TYPES = ['application/json', 'application/graphql+json'];

/** An operation whose properties have the right types. */
export interface Operation {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly extensions?: object | null;
}

const PROPERTIES = new Set(['query', 'operationName', 'variables', 'extensions']);

/** @throws a GraphQLError unless the headers are those of a GraphQL request. */
export function checkRequest(request: Pick<IncomingMessage, 'method' | 'headers'>): void {
  const { json, stream } = acceptable(request.headers.accept);
  if (json === null && !stream)
    throw refused(
      406,
      'NOT_ACCEPTABLE',
      `The Accept header must allow one of: ${RESPONSE_TYPES.join(', ')}.`,
    );
  if (request.method === 'GET' || isJsonPost(request)) return;
  if (request.method === 'POST')
    throw refused(415, 'UNSUPPORTED_MEDIA_TYPE', 'The Content-Type must be application/json.');
  throw refused(405, 'METHOD_NOT_ALLOWED', `Use one of these methods: ${METHODS}.`, { Allow: METHODS });
}

export function isJsonPost({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  return method === 'POST' && REQUEST_TYPES.includes(mediaType(headers['content-type'] ?? ''));
}

/** @param url the URL of a GET request. */
export function readQuery(url: string): GraphQLParams {
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const read = (name: string): unknown => {
    const text = query.get(name);
    return text === null || text === '' ? undefined : parseJson(text, `The parameter \`${name}\``);
  };
  return paramsOf({
    query: query.get('query') ?? undefined,
    operationName: query.get('operationName') || undefined,
    variables: read('variables'),
    extensions: read('extensions'),
  });
}

/** Reads the body of a POST request: an operation or a batch. */
export async function readBody(request: IncomingMessage): Promise<GraphQLParams | GraphQLParams[]> {
  const body = parseJson(await textOf(request), 'The request body');
  if (!Array.isArray(body)) return paramsOf(body);
  if (body.length === 0)
    throw refused(400, 'BAD_REQUEST', 'The batch is empty. Send at least one operation.');
  if (body.length > LIMITS.batch)
    throw refused(
      413,
      'LIMIT_EXCEEDED',
      `The batch is too large. The maximum is ${LIMITS.batch} operations.`,
    );
  return body.map(paramsOf);
}

function textOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(refused(400, 'BAD_REQUEST', 'The request ended too early.'));
    if (request.destroyed) return fail();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', fail);
  });
}

function paramsOf(value: unknown): GraphQLParams {
  if (!isObject(value))
    throw refused(400, 'BAD_REQUEST', 'An operation must be a JSON object with the property `query`.');
  const params = value as GraphQLParams;
  if (params.operationName != null && typeof params.operationName !== 'string')
    throw refused(400, 'BAD_REQUEST', '`operationName` must be a string.');
  return params;
}

/** Checks one operation. In a batch, the others are executed. */
export function checkedOperation(params: GraphQLParams): Operation {
  for (const [name, value] of Object.entries(params))
    if (value != null && !PROPERTIES.has(name))
      throw refused(
        400,
        'BAD_REQUEST',
        `The operation has an unknown property. Use ${[...PROPERTIES].join(', ')}.`,
      );
  const { query, variables, extensions } = params;
  if (query == null) throw refused(400, 'BAD_REQUEST', '`query` is missing.', {}, true);
  if (typeof query !== 'string') throw refused(400, 'BAD_REQUEST', '`query` must be a string.');
  if (variables != null && !isObject(variables))
    throw refused(400, 'BAD_REQUEST', '`variables` must be a JSON object.');
  if (extensions != null && !isObject(extensions))
    throw refused(400, 'BAD_REQUEST', '`extensions` must be a JSON object.');
  return params as Operation;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(400, 'BAD_REQUEST', `${what} is not valid JSON.`);
  }
}

/** @param spec whether clients that accept only `application/json` get status 200. */
export function refused(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  spec = false,
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, headers, spec } } });
}
