// JSON responses. Errors have the shape of a GraphQL response, so that clients read all errors the same way.
import { type ServerResponse, STATUS_CODES } from 'node:http';

export type Problem = readonly [status: number, code: string, message: string];

export function problem(response: ServerResponse, ...[status, code, message]: Problem): void {
  send(response, status, problemBody(code, message));
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, JSON.stringify(body));
}

/** A complete raw response, for a connection whose bytes could not be parsed as a request. */
export function bareProblem(
  [status, code, message]: Problem,
  headers: readonly (readonly [string, string])[],
): string {
  const body = problemBody(code, message);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\r\n');
}

function problemBody(code: string, message: string): string {
  return JSON.stringify({ errors: [{ message, extensions: { code } }] });
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
