// The test vectors in docs/vectors, which other languages are checked against, agree with the guards of this repository.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authContextFrom } from '../src/policy/claims.ts';
import { refuseStepUp } from '../src/policy/decision.ts';
import { FACTOR_KINDS, FACTOR_TRAITS, SECOND_STEPS } from '../src/policy/factor-kind.ts';
import { requirement } from '../src/policy/requirement.ts';
import { AccessTokens } from '../src/sessions/access-token.ts';
import type { SigningKeys } from '../src/sessions/signing-keys.ts';
import { stepgateTokens } from '../src/step-up/tokens.ts';
import type { DecisionVector } from '../tools/vectors/decision-vectors.ts';
import { vectorFiles } from '../tools/vectors/files.ts';
import type { TokenVector } from '../tools/vectors/token-vectors.ts';

interface TokenFile {
  readonly issuer: string;
  readonly audience: string;
  readonly clockToleranceSeconds: number;
  readonly tokens: readonly (TokenVector & { readonly means?: object })[];
}

const read = (path: string): Promise<string> => readFile(new URL(`../docs/${path}`, import.meta.url), 'utf8');
const file = JSON.parse(await read('vectors/tokens.json')) as TokenFile;
const { decisions } = JSON.parse(await read('vectors/decisions.json')) as { decisions: DecisionVector[] };

const keys = await read('vectors/jwks.json');
/** The keys, and, as Stepgate's API, the session of an agent, which has the roles of its token. */
const server = createServer(({ method, headers }, response) =>
  response
    .setHeader('content-type', 'application/json')
    .end(method === 'POST' ? viewerOf(headers.authorization ?? '') : keys),
);

function viewerOf(authorization: string): string {
  const { sub: id, ...claims } = decodeJwt(authorization.replace('Bearer ', ''));
  const { roles, enrolled } = authContextFrom(claims, time);
  return JSON.stringify({ data: { viewer: { id, roles, assurance: { evidence: [], enrolled } } } });
}

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** One verifier for all, whose time is that of the vector. */
let time = 0;
const failures: unknown[] = [];
const present = (token: string | undefined) =>
  verifier(token !== undefined && isOfAgent(token)).present(token === undefined ? null : `Bearer ${token}`);

/** The session of an agent must be looked up. */
function isOfAgent(token: string): boolean {
  return file.tokens.some((one) => one.token === token && one.fault === null && 'act' in one.claims);
}

const made = new Map<boolean, ReturnType<typeof stepgateTokens>>();
function verifier(looksUp: boolean) {
  const known = made.get(looksUp);
  if (known !== undefined) return known;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const tokens = stepgateTokens({
    ...(looksUp && { session: { url, cacheSeconds: 0 } }),
    issuer: file.issuer,
    audience: file.audience,
    clockToleranceSeconds: file.clockToleranceSeconds,
    jwksUrl: url,
    now: () => new Date(time * 1000),
    onError: (error) => failures.push(error),
  });
  made.set(looksUp, tokens);
  return tokens;
}

test('the test vectors are up to date (run `npm run vectors`)', async () => {
  for (const [name, content] of vectorFiles()) expect(await read(`vectors/${name}`), name).toBe(content);
});

test('the first token has the header and the claims that the server signs, and the page lists them', async () => {
  const [first] = file.tokens;
  if (first?.means === undefined) throw new Error('The first token must be a valid one.');
  const { claims, now, header } = first;
  const { jwk } = JSON.parse(await read('vectors/private-key.json')) as { jwk: JWK };
  const key = await importJWK(jwk, 'ES256');
  const signing = { current: () => Promise.resolve({ kid: header['kid'], key }) };
  const signed = await new AccessTokens(signing as unknown as SigningKeys, file.issuer).sign({
    ...authContextFrom(claims, now),
    id: String(claims['jti']),
    userId: String(claims['sub']),
    sessionId: String(claims['sid']),
    tenantId: String(claims['tid']),
    meetsPolicy: true,
    issuedAt: new Date(now * 1000),
    expiresAt: new Date(Number(claims['exp']) * 1000),
  });
  expect(decodeProtectedHeader(signed)).toEqual(header);
  expect(decodeJwt(signed)).toEqual(claims);
  const page = await read('tokens.md');
  const rows = new Set([...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name));
  expect(Object.keys({ ...header, ...claims }).filter((name) => !rows.has(name))).toEqual([]);
});

describe('stepgateTokens', () => {
  test.each(file.tokens.map((one) => [one.name, one] as const))(
    'agrees about the token: %s',
    async (_, one) => {
      time = one.now;
      const { authContext, fault, holder } = await present(one.token);
      const { agent } = authContext ?? {};
      expect(fault).toBe(one.fault);
      expect(authContext === null).toBe(one.fault !== null);
      if (authContext === null) return;
      expect(holder).toEqual({
        userId: one.claims['sub'],
        sessionId: one.claims['sid'],
        tenantId: one.claims['tid'],
        ...(agent && { agent }),
      });
      const evidence = authContext.evidence.map(({ factor, categories, completedAt, enrolledAt = null }) => ({
        factor,
        proves: categories,
        completedAt,
        enrolledAt,
      }));
      const { enrolled, roles } = authContext;
      expect({ evidence, enrolled, roles, ...(agent && { agent }) }).toEqual(one.means);
    },
  );

  test('blames each refused token, not the keys', () => {
    // The wrong issuer is reported, because it is usually a setting.
    expect(failures.map(String).filter((text) => !text.includes('name the issuer'))).toEqual([]);
  });
});

test('every decision is the one of the guards, for the token as it was signed', async () => {
  const wrong: object[] = [];
  for (const decision of decisions) {
    time = decision.now;
    const token = file.tokens.find((one) => one.name === decision.token)?.token;
    const { authContext } = await present(token);
    const result = refuseStepUp(authContext, requirement(decision.requirement), time)?.code ?? 'ACCEPTED';
    if (result !== decision.result) wrong.push({ ...decision, result });
  }
  expect(wrong).toEqual([]);
});

test('the decisions have every result', () => {
  const results = new Set(decisions.map((one) => one.result));
  expect([...results].toSorted()).toEqual([
    'ACCEPTED',
    'ENROLLMENT_REQUIRED',
    'FORBIDDEN',
    'STEP_UP_REQUIRED',
    'UNAUTHENTICATED',
  ]);
});

test('docs/tokens.md lists every factor, with what it proves', async () => {
  const page = await read('tokens.md');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\| `([\w-]+)` +\| (\w+) +\| (\w*) +\| (\w+) +\|$/gm)];
  expect(rows.map((row) => row.slice(1))).toEqual(
    FACTOR_KINDS.map((kind) => {
      const { factorId, categories, verifies = '' } = FACTOR_TRAITS[kind];
      const accepted = SECOND_STEPS.includes(kind) ? 'yes' : 'no';
      return [kind, factorId, categories.join(), verifies, accepted].map((text, at) =>
        at === 2 || at === 3 ? text.toLowerCase() : text,
      );
    }),
  );
});
