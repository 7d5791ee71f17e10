// The status and `WWW-Authenticate` header of responses with refusals (RFC 6750 section 3, RFC 9470 section 3).
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { authContextOf, caller, nobody } from './example-schema.ts';
import { ask, bankServer, JSON_ONLY, SPEC, send } from './example-server.ts';

const stale = caller({ TOTP: 601 });
const fresh = caller({ TOTP: 10 });

function insufficient(maxAge: number, level = 'aal2'): string {
  return `Bearer error="insufficient_user_authentication", acr_values="${level}", max_age="${maxAge}"`;
}

describe('WWW-Authenticate', () => {
  test.each<[string, Presented, string, string | null]>([
    ['an anonymous caller at @authenticated', nobody(), '{ client { name } }', 'Bearer'],
    ['an anonymous caller at @stepUp', nobody(), '{ search(term: "x") }', 'Bearer'],
    ['an expired token', nobody('EXPIRED'), '{ client { name } }', 'Bearer error="invalid_token"'],
    ['an invalid token', nobody('INVALID'), 'mutation { close(term: "x") }', 'Bearer error="invalid_token"'],
    ['a stale proof', stale, '{ search(term: "x") }', insufficient(600)],
    ['a stale proof in a mutation', stale, 'mutation { close(term: "x") }', insufficient(120)],
    [
      'a user who has to enroll',
      caller({}, { enrolled: [] }),
      '{ client { accounts { balance } } }',
      insufficient(300),
    ],
    [
      'a stale first factor where one is accepted',
      caller({}, { enrolled: [] }),
      '{ client { nickname } }',
      insufficient(600, 'aal1'),
    ],
    ['a missing role, which signing in does not fix', fresh, 'mutation { audit }', null],
    ['nothing refused', fresh, '{ hello search(term: "x") }', null],
    ['an expired token without a guarded field', nobody('EXPIRED'), '{ hello }', null],
    ['another error', fresh, '{ boom }', null],
    ['an invalid document', stale, '{ nothing }', null],
  ])('for %s', async (_name, who, query, expected) => {
    expect((await ask(who, query)).challenge).toBe(expected);
  });

  test.each<[string, string, string]>([
    ['the shortest maxAge, whichever comes first', '{ search(term: "x") client { pin } }', insufficient(60)],
    ['the shortest maxAge, whichever comes last', '{ client { pin } search(term: "x") }', insufficient(60)],
    [
      'the highest level and the shortest maxAge, of different fields',
      '{ client { nickname accounts { balance } } }',
      insufficient(300),
    ],
    ['of a whole mutation', 'mutation { open { pin } close(term: "x") }', insufficient(60)],
    ['next to a missing role', 'mutation { audit close(term: "x") }', insufficient(120)],
  ])('of several refusals is the strictest: %s', async (_name, query, expected) => {
    const { challenge, errors } = await ask(caller({}, { enrolled: [] }), query);
    expect(errors.length).toBeGreaterThan(1);
    expect(challenge).toBe(expected);
  });

  test.each([
    ['before', '{ boom client { pin } }'],
    ['after', '{ client { pin } boom }'],
  ])('is still sent with another error %s the refusal', async (_name, query) => {
    const { challenge, status } = await ask(stale, query);
    expect(challenge).toBe(insufficient(60));
    expect(status).toBe(200);
  });

  test('of a batch is the strictest of all its operations', async () => {
    const { challenge, status, text } = await send(stale, [
      { query: '{ hello }' },
      { query: '{ search(term: "x") }' },
      { query: 'mutation { close(term: "x") }' },
    ]);
    expect(challenge).toBe(insufficient(120));
    expect(status).toBe(200);
    expect(JSON.parse(text).map((one: { errors?: object[] }) => one.errors?.length ?? 0)).toEqual([0, 1, 1]);
    expect(text).not.toContain('"http"');
  });

  test('of one request does not appear on the next', async () => {
    const server = bankServer();
    expect((await ask(stale, '{ search(term: "x") }', { server })).challenge).not.toBeNull();
    expect((await ask(fresh, '{ search(term: "x") }', { server })).challenge).toBeNull();
  });
});

test('a response without a result gets no challenge', () => {
  const { onResultProcess, onResponse } = useStepUp(authContextOf);
  for (const result of [undefined, null, [null], 'text']) {
    const request = new Request('http://bank.test/graphql');
    const response = new Response();
    onResultProcess({ request, result });
    onResponse({ request, response });
    expect(response.headers.has('WWW-Authenticate')).toBe(false);
  }
});

describe('the status', () => {
  test.each<[string, Presented, string, string, number]>([
    ['of a refused mutation', stale, 'mutation { close(term: "x") }', SPEC, 401],
    ['of the same for an anonymous caller', nobody(), 'mutation { close(term: "x") }', SPEC, 401],
    ['of the same with an expired token', nobody('EXPIRED'), 'mutation { close(term: "x") }', SPEC, 401],
    [
      'of the same for a client that accepts only JSON',
      stale,
      'mutation { close(term: "x") }',
      JSON_ONLY,
      200,
    ],
    ['of a mutation that is forbidden', fresh, 'mutation { audit }', SPEC, 403],
    ['of the same for a client that accepts only JSON', fresh, 'mutation { audit }', JSON_ONLY, 200],
    ['of a mutation that is forbidden and stale', stale, 'mutation { audit close(term: "x") }', SPEC, 401],
    ['of a query with a refused field', stale, '{ search(term: "x") }', SPEC, 200],
    ['of the same for a client that accepts only JSON', stale, '{ search(term: "x") }', JSON_ONLY, 200],
    ['of a query with a forbidden field', fresh, '{ papers { ... on Report { title } } }', SPEC, 200],
    ['of a mutation that runs', fresh, 'mutation { close(term: "x") }', SPEC, 200],
  ])('%s', async (_name, who, query, accept, expected) => {
    const { status, challenge } = await ask(who, query, { accept });
    expect(status).toBe(expected);
    const isMissingRole = query.includes('audit') && !query.includes('close');
    const isRefused = who !== fresh;
    expect(challenge !== null).toBe(isRefused && !isMissingRole);
  });
});

describe('over a real socket', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      void bankServer()(request, response, { caller: () => stale, ran: [] });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test.each([
    ['a mutation', 'mutation { close(term: "x") }', 401, 120],
    ['a query', '{ client { pin } }', 200, 60],
  ])('%s is refused with the same status and header', async (_name, query, status, maxAge) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: SPEC },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('www-authenticate')).toBe(insufficient(maxAge));
    expect(response.headers.get('content-type')).toContain(SPEC);
    expect((await response.json()).errors[0].extensions.code).toBe('STEP_UP_REQUIRED');
  });
});
