// Tokens in the form that each issuer documents. They open the same fields, at the same seconds, as tokens of Stepgate
// with the same evidence.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authContextFrom } from '../../../src/policy/claims.ts';
import { refuseStepUp } from '../../../src/policy/decision.ts';
import { type RequirementOptions, requirement } from '../../../src/policy/requirement.ts';
import { acceptTokens } from '../../../src/step-up/issuers/accept-tokens.ts';
import {
  auth0,
  clerk,
  cognito,
  entra,
  firebase,
  keycloak,
  logto,
  okta,
  supabase,
  supertokens,
  workos,
} from '../../../src/step-up/issuers/index.ts';
import type { AcceptedIssuer } from '../../../src/step-up/issuers/issuer.ts';
import { type Issuer, START, startIssuer } from './issuer.ts';

let local: Issuer;
beforeAll(async () => {
  local = await startIssuer();
});
afterAll(() => local[Symbol.asyncDispose]());

interface Sample {
  readonly issuer: AcceptedIssuer;
  readonly header?: object;
  /** A token after two factors, the second one at START. */
  readonly strong: Readonly<Record<string, unknown>>;
  /** What makes it a token after one factor. */
  readonly weak: Readonly<Record<string, unknown>>;
  /** What makes it a token that is not for us, or not an access token of a user. */
  readonly foreign: Readonly<Record<string, unknown>>;
  /** The second factor, if the token names it. */
  readonly names: 'TOTP' | null;
  readonly roles: readonly string[];
  readonly sessionId: string | null;
  /** How much older than it is a proof may be taken to be. */
  readonly coarseness?: number;
}

const ENTRA_TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const NAMESPACE = 'https://api.example.com/';

const SAMPLES: Readonly<Record<string, Sample>> = {
  Keycloak: {
    issuer: keycloak({
      url: 'https://id.example.com',
      realm: 'shop',
      audience: 'api',
      levels: { '1': null, '2': 'TOTP' },
      rolesOfClient: 'api',
    }),
    strong: {
      iss: 'https://id.example.com/realms/shop',
      aud: ['api', 'account'],
      typ: 'Bearer',
      azp: 'web',
      sid: 'session',
      acr: '2',
      auth_time: START,
      realm_access: { roles: ['offline_access', 'admin'] },
      resource_access: { api: { roles: ['payer'] }, account: { roles: ['manage-account'] } },
    },
    weak: { acr: '1' },
    foreign: { typ: 'ID' },
    names: 'TOTP',
    roles: ['offline_access', 'admin', 'payer'],
    sessionId: 'session',
  },
  Auth0: {
    issuer: auth0({
      domain: 'example.eu.auth0.com',
      audience: 'https://api.example.com',
      namespace: NAMESPACE,
    }),
    strong: {
      iss: 'https://example.eu.auth0.com/',
      aud: ['https://api.example.com', 'https://example.eu.auth0.com/userinfo'],
      azp: 'web',
      scope: 'openid',
      permissions: ['pay:invoices'],
      [`${NAMESPACE}amr`]: ['pwd', 'mfa'],
      [`${NAMESPACE}auth_time`]: START,
      [`${NAMESPACE}roles`]: ['admin'],
    },
    weak: { [`${NAMESPACE}amr`]: ['pwd'] },
    foreign: { aud: 'web' },
    names: null,
    roles: ['admin', 'pay:invoices'],
    sessionId: null,
  },
  Logto: {
    issuer: logto({ endpoint: 'https://example.logto.app', audience: 'https://api.example.com' }),
    header: { typ: 'at+jwt' },
    strong: {
      iss: 'https://example.logto.app/oidc',
      aud: 'https://api.example.com',
      client_id: 'web',
      acr: 'urn:logto:acr:mfa',
      amr: ['pwd', 'otp', 'mfa'],
      auth_time: START,
    },
    weak: { acr: 'urn:logto:acr:1fa', amr: ['otp'] },
    foreign: { aud: 'web' },
    names: null,
    roles: [],
    sessionId: null,
  },
  WorkOS: {
    issuer: workos({ clientId: 'client_1' }),
    strong: {
      iss: 'https://api.workos.com/',
      sid: 'session',
      org_id: 'org_1',
      role: 'admin',
      permissions: ['pay'],
      amr: ['mfa'],
      auth_time: START,
    },
    weak: { amr: undefined },
    foreign: { act: { sub: 'support@example.com' } },
    names: null,
    roles: ['admin', 'pay'],
    sessionId: 'session',
  },
  Clerk: {
    issuer: clerk({
      frontendApi: 'https://clerk.example.com',
      authorizedParties: ['https://app.example.com'],
    }),
    strong: {
      iss: 'https://clerk.example.com',
      azp: 'https://app.example.com',
      sid: 'session',
      v: 2,
      iat: START,
      fva: [12, 0],
      o: { id: 'org_1', rol: 'admin', slg: 'shop' },
    },
    weak: { fva: [0, -1] },
    foreign: { azp: 'https://evil.example.com' },
    names: null,
    roles: ['admin'],
    sessionId: 'session',
    coarseness: 60,
  },
  Supabase: {
    issuer: supabase({ url: 'https://example.supabase.co' }),
    strong: {
      iss: 'https://example.supabase.co/auth/v1',
      aud: 'authenticated',
      role: 'authenticated',
      session_id: 'session',
      is_anonymous: false,
      aal: 'aal2',
      amr: [
        { method: 'totp', timestamp: START },
        { method: 'password', timestamp: START - 3600 },
      ],
      app_metadata: { provider: 'email', roles: ['admin'] },
    },
    weak: { aal: 'aal1', amr: [{ method: 'password', timestamp: START }] },
    foreign: { is_anonymous: true },
    names: 'TOTP',
    roles: ['admin'],
    sessionId: 'session',
  },
  SuperTokens: {
    issuer: supertokens({ issuer: 'https://api.example.com/auth' }),
    strong: {
      iss: 'https://api.example.com/auth',
      sessionHandle: 'session',
      tId: 'public',
      'st-mfa': { c: { emailpassword: START - 3600, totp: START }, v: true },
      'st-role': { v: ['admin'], t: START * 1000 },
    },
    weak: { 'st-mfa': { c: { emailpassword: START }, v: false } },
    foreign: { sessionHandle: undefined },
    names: 'TOTP',
    roles: ['admin'],
    sessionId: 'session',
  },
  Okta: {
    issuer: okta({ issuer: 'https://example.okta.com/oauth2/default', audience: 'api://default' }),
    strong: {
      ver: 1,
      iss: 'https://example.okta.com/oauth2/default',
      aud: 'api://default',
      cid: 'web',
      uid: '00u1',
      scp: ['openid'],
      acr: 'urn:okta:loa:2fa:any',
      auth_time: START,
      groups: ['admin'],
    },
    weak: { acr: 'urn:okta:loa:1fa:any' },
    foreign: { aud: 'web' },
    names: null,
    roles: ['admin'],
    sessionId: null,
  },
  'Microsoft Entra': {
    issuer: entra({ tenantId: ENTRA_TENANT, audience: 'api', contexts: { c1: 'UNNAMED' } }),
    strong: {
      ver: '2.0',
      iss: `https://login.microsoftonline.com/${ENTRA_TENANT}/v2.0`,
      aud: 'api',
      tid: ENTRA_TENANT,
      oid: 'object',
      sid: 'session',
      roles: ['admin'],
      acrs: ['c1'],
      auth_time: START,
    },
    weak: { acrs: ['c9'] },
    foreign: { idtyp: 'app' },
    names: null,
    roles: ['admin'],
    sessionId: 'session',
  },
  Cognito: {
    issuer: cognito({
      region: 'eu-central-1',
      userPoolId: 'eu-central-1_abc',
      clientIds: ['web'],
      levels: { 'urn:cognito:loa:3': 'UNNAMED', 'urn:cognito:loa:1': null },
    }),
    strong: {
      iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc',
      token_use: 'access',
      client_id: 'web',
      origin_jti: 'session',
      acr: 'urn:cognito:loa:3',
      amr: ['pwd', 'otp', 'mfa'],
      auth_time: START,
      'cognito:groups': ['admin'],
    },
    weak: { acr: 'urn:cognito:loa:1', amr: ['pwd'] },
    foreign: { token_use: 'id' },
    names: null,
    roles: ['admin'],
    sessionId: 'session',
  },
  Firebase: {
    issuer: firebase({ projectId: 'shop' }),
    strong: {
      iss: 'https://securetoken.google.com/shop',
      aud: 'shop',
      auth_time: START,
      roles: ['admin'],
      firebase: { sign_in_provider: 'password', sign_in_second_factor: 'totp' },
    },
    weak: { firebase: { sign_in_provider: 'password' } },
    foreign: { firebase: { sign_in_provider: 'anonymous', sign_in_second_factor: 'totp' } },
    names: 'TOTP',
    roles: ['admin'],
    sessionId: null,
  },
};

async function present({ issuer, header, strong }: Sample, replaced: object = {}) {
  const token = await local.sign({ sub: 'user', ...strong, ...replaced }, header);
  const tokens = acceptTokens({ ...issuer, jwksUrl: local.jwksUrl }, { now: () => new Date(START * 1000) });
  return tokens.present(`Bearer ${token}`);
}

describe.each(Object.entries(SAMPLES))('a token of %s', (_, sample) => {
  const opensAt = async (at: number, demand: RequirementOptions = {}, replaced: object = {}) => {
    const { authContext } = await present(sample, replaced);
    return refuseStepUp(authContext, requirement(demand), at) === null;
  };

  test('names its user, session and roles', async () => {
    const { holder, authContext, fault } = await present(sample);
    const expected = { issuer: sample.issuer.issuer, userId: 'user', sessionId: sample.sessionId };
    expect({ holder, fault, roles: authContext?.roles }).toEqual({
      holder: expected,
      fault: null,
      roles: sample.roles,
    });
  });

  test('opens a field at the same seconds as a token of Stepgate', async () => {
    const ours = authContextFrom(
      { acr: 'aal2', mfa: { c: { emailpassword: START - 3600, totp: START }, e: ['totp'] } },
      START,
    );
    for (const second of [0, 1, 599, 600, 601, 660]) {
      const at = START + second;
      const byOurs = refuseStepUp(ours, requirement({ maxAge: 600 }), at) === null;
      expect([second, await opensAt(at, { maxAge: 600 + (sample.coarseness ?? 0) })]).toEqual([
        second,
        byOurs,
      ]);
    }
  });

  test('opens no field that lists its factors, unless it names one of them', async () => {
    const lists = { maxAge: 600, accept: ['TOTP'] } as const;
    expect(await opensAt(START, lists)).toBe(sample.names === 'TOTP');
    expect(await opensAt(START, { maxAge: 600, accept: ['PHONE_CODE', 'BACKUP_CODE'] })).toBe(false);
  });

  test('after one factor opens no field that needs a second one', async () => {
    expect(await opensAt(START, {}, sample.weak)).toBe(false);
    expect((await present(sample, sample.weak)).fault).toBeNull();
  });

  test('without the claims about factors opens no field that needs a second one', async () => {
    const claims = ['acr', 'amr', 'acrs', 'fva', 'st-mfa', `${NAMESPACE}amr`];
    const nothing = Object.fromEntries(claims.map((name) => [name, undefined]));
    const replaced = { ...nothing, ...('firebase' in sample.strong && { firebase: {} }) };
    expect(await opensAt(START, {}, replaced)).toBe(false);
  });

  test('for somebody else, or of another use, is refused', async () => {
    expect(await present(sample, sample.foreign)).toMatchObject({ authContext: null, fault: 'INVALID' });
  });
});

test('Clerk: a second factor is as old as its minutes allow, so a token is never fresher than it was', async () => {
  const sample = SAMPLES['Clerk'] as Sample;
  const opens = async (minutes: unknown, at = START) => {
    const { authContext } = await present(sample, { fva: [30, minutes] });
    return refuseStepUp(authContext, requirement({ maxAge: 600 }), at) === null;
  };
  expect([await opens(9), await opens(10), await opens(9, START + 1)]).toEqual([true, false, false]);
  for (const malformed of [-1, 0.5, '0', null, undefined]) expect(await opens(malformed)).toBe(false);
});

test('Supabase: two factors of which the token does not say that they were two steps are one', async () => {
  const { authContext } = await present(SAMPLES['Supabase'] as Sample, { aal: 'aal1' });
  expect(refuseStepUp(authContext, requirement(), START)?.code).toBe('STEP_UP_REQUIRED');
});

test('Firebase: a phone number before a phone number is one category', async () => {
  const replaced = { firebase: { sign_in_provider: 'phone', sign_in_second_factor: 'phone' } };
  const { authContext } = await present(SAMPLES['Firebase'] as Sample, replaced);
  expect(refuseStepUp(authContext, requirement(), START)?.code).toBe('STEP_UP_REQUIRED');
});
