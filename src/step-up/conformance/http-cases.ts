// The status and the header `WWW-Authenticate` of a refusal (RFC 6750 section 3, RFC 9470 section 3).
import type { CallerName } from './callers.ts';

const SPEC = 'application/graphql-response+json';
const JSON_ONLY = 'application/json';

export interface HttpCase {
  readonly name: string;
  readonly caller: CallerName;
  readonly query: string;
  readonly accept: string;
  readonly status: number;
  readonly challenge: string | null;
}

const insufficient = (maxAge: number, level = 'aal2'): string =>
  `Bearer error="insufficient_user_authentication", acr_values="${level}", max_age="${maxAge}"`;

const CLOSE = 'mutation { close(term: "x") }';
const AUDIT = 'mutation { audit }';
const SEARCH = '{ search(term: "x") }';

const answered = (
  name: string,
  caller: CallerName,
  query: string,
  status: number,
  challenge: string | null,
  accept = SPEC,
): HttpCase => ({ name, caller, query, accept, status, challenge });

export const HTTP_CASES: readonly HttpCase[] = [
  answered(
    'a mutation that is refused whole has status 401 and the challenge of RFC 9470',
    'weak',
    CLOSE,
    401,
    insufficient(120),
  ),
  answered(
    'an anonymous mutation has status 401 and a challenge without an error',
    'nobody',
    CLOSE,
    401,
    'Bearer',
  ),
  answered(
    'a mutation with an expired token has status 401 and says that the token is invalid',
    'expired',
    CLOSE,
    401,
    'Bearer error="invalid_token"',
  ),
  answered(
    'a mutation with an invalid token has status 401 and says that the token is invalid',
    'invalid',
    CLOSE,
    401,
    'Bearer error="invalid_token"',
  ),
  answered('a mutation that lacks only a role has status 403 and no challenge', 'fresh', AUDIT, 403, null),
  answered(
    'a mutation that lacks a role and a factor has status 401',
    'weak',
    'mutation { audit close(term: "x") }',
    401,
    insufficient(120),
  ),
  answered(
    'a client that accepts only JSON gets status 200 and the same challenge',
    'weak',
    CLOSE,
    200,
    insufficient(120),
    JSON_ONLY,
  ),
  answered(
    'a client that accepts only JSON gets status 200 for a missing role',
    'fresh',
    AUDIT,
    200,
    null,
    JSON_ONLY,
  ),
  answered(
    'a query with a refused field has status 200 and a challenge',
    'weak',
    SEARCH,
    200,
    insufficient(600),
  ),
  answered(
    'the challenge has the shortest maximum age of all refusals',
    'weak',
    '{ client { pin } search(term: "x") }',
    200,
    insufficient(60),
  ),
  answered('a query that lacks a role has no challenge', 'fresh', '{ both }', 200, null),
  answered('an operation that is not refused has no challenge', 'fresh', SEARCH, 200, null),
];
