// A refusal of a caller who signed in elsewhere says what their issuer understands (RFC 9470), and where to step up.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptTokens } from '../../../src/step-up/issuers/accept-tokens.ts';
import { keycloak } from '../../../src/step-up/issuers/index.ts';
import { ask } from '../example-server.ts';
import { type Issuer, START, startIssuer } from './issuer.ts';

const ID = 'https://id.example.com/realms/shop';
const PAGE = 'https://shop.example.com/step-up?client=web';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer[Symbol.asyncDispose]());

async function caller(acr: string | null, url?: string) {
  const described = keycloak({
    url: 'https://id.example.com',
    realm: 'shop',
    audience: 'bank',
    levels: { silver: null, gold: 'UNNAMED' },
    ...(url !== undefined && { stepUp: { url } }),
  });
  const tokens = acceptTokens(
    { ...described, jwksUrl: issuer.jwksUrl },
    { now: () => new Date(START * 1000) },
  );
  if (acr === null) return tokens.present(null);
  const claims = { iss: ID, aud: 'bank', sub: 'user', typ: 'Bearer', auth_time: START, acr };
  return tokens.present(`Bearer ${await issuer.sign(claims)}`);
}

describe('a caller with one factor of another issuer', () => {
  test('gets the level of that issuer, its page and the maximum age', async () => {
    const { errors, challenge } = await ask(await caller('silver', PAGE), '{ search(term: "x") }');
    expect(errors).toMatchObject([
      {
        message: 'Verify your identity with your identity provider, then try again.',
        extensions: {
          code: 'STEP_UP_REQUIRED',
          acrValues: ['gold'],
          maxAge: 600,
          stepUpUrl: `${PAGE}&acr_values=gold&max_age=600`,
        },
      },
    ]);
    expect(challenge).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="gold", max_age="600"',
    );
  });

  test('gets no page where none is known, and is not sent to `startStepUp`', async () => {
    const { errors } = await ask(await caller('silver'), 'mutation { close(term: "x") }');
    expect(errors).toMatchObject([{ extensions: { acrValues: ['gold'], stepUpUrl: null } }]);
    expect(errors[0]?.message).not.toContain('startStepUp');
  });
});

test('a caller with two factors of another issuer is not refused', async () => {
  const { errors, data } = await ask(await caller('gold', PAGE), '{ search(term: "x") }');
  expect([errors, data.search]).toEqual([[], expect.anything()]);
});

test('an anonymous caller of a server with one issuer is told its level and page as well', async () => {
  const { errors } = await ask(await caller(null, PAGE), '{ search(term: "x") }');
  expect(errors).toMatchObject([
    {
      extensions: { code: 'UNAUTHENTICATED', acrValues: ['gold'], stepUpUrl: expect.stringContaining(PAGE) },
    },
  ]);
});
