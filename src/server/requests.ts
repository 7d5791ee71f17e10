// Reads the operations of an HTTP request (GraphQL over HTTP): JSON by POST, or a query by GET. Anything else is refused
// before it runs, with a typed error that never quotes the request, because even a malformed body may contain a password.
import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { LIMITS } from '../graphql/limits.ts';

const METHODS = 'GET, POST';
const REQUEST_TYPES = ['application/json', 'application/graphql+json'];
const RESPONSE_TYPES = [
  'application/graphql-response+json',
  'application/json',
  'text/event-stream',
  'multipart/mixed',
];

export function useStrictRequests(): Plugin {
  return {
    onRequestParse({ request, setRequestParser, endResponse, fetchAPI }) {
      if (!accepts(request.headers.get('accept'))) {
        // The client accepts no type that the server can send, so the error is sent as JSON.
        const message = `The Accept header must allow one of: ${RESPONSE_TYPES.join(', ')}.`;
        const body = { errors: [{ message, extensions: { code: 'NOT_ACCEPTABLE' } }] };
        endResponse(fetchAPI.Response.json(body, { status: 406 }));
      } else if (request.method === 'GET') setRequestParser(readQuery);
      else if (request.method !== 'POST')
        throw refused(405, 'METHOD_NOT_ALLOWED', `Use one of these methods: ${METHODS}.`, { Allow: METHODS });
      else if (!REQUEST_TYPES.includes(mediaType(request.headers.get('content-type') ?? '')))
        throw refused(415, 'UNSUPPORTED_MEDIA_TYPE', 'The Content-Type must be application/json.');
      else setRequestParser(readBody);
    },
  };
}

function readQuery(request: Request): GraphQLParams {
  const at = request.url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
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

async function readBody(request: Request): Promise<GraphQLParams | GraphQLParams[]> {
  const body = parseJson(await request.text(), 'The request body');
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

/** Yoga checks the types of the other properties, and refuses unknown ones. */
function paramsOf(value: unknown): GraphQLParams {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused(400, 'BAD_REQUEST', 'An operation must be a JSON object with the property `query`.');
  const params = value as GraphQLParams;
  if (params.operationName != null && typeof params.operationName !== 'string')
    throw refused(400, 'BAD_REQUEST', '`operationName` must be a string.');
  return params;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(400, 'BAD_REQUEST', `${what} is not valid JSON.`);
  }
}

function refused(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, headers } } });
}

function accepts(header: string | null): boolean {
  if (header === null || header.trim() === '') return true;
  return header.split(',').some((range) => {
    const [type, subtype] = mediaType(range).split('/');
    return RESPONSE_TYPES.some((one) => {
      const [ourType, ourSubtype] = one.split('/');
      return (type === '*' || type === ourType) && (subtype === '*' || subtype === ourSubtype);
    });
  });
}

/** Returns `application/json` for `Application/JSON; charset=utf-8`. */
function mediaType(text: string): string {
  return text.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
