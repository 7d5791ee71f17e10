// The claims of a token, read by another server: never more than the session holds, and malformed claims grant nothing.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assuranceLevel } from '../../src/policy/assurance.ts';
import { authContextClaims, authContextFrom, lesserEvidence } from '../../src/policy/claims.ts';
import { type AuthContext, refuseRole, refuseStepUp } from '../../src/policy/decision.ts';
import { type Evidence, evidenceOf, withEvidence } from '../../src/policy/evidence.ts';
import { requirement } from '../../src/policy/requirement.ts';
import { authContext, demand, NOW, SECOND_FACTORS } from './arbitraries.ts';

/** A session holds one piece of evidence for each factor. */
const session = authContext.map((one) => ({
  ...one,
  evidence: one.evidence.reduce<Evidence[]>(withEvidence, []),
}));

const read = (claims: object, latest = NOW): AuthContext =>
  authContextFrom(claims as Record<string, unknown>, latest);

/** The claims after a round trip through JSON. */
const sent = (one: AuthContext): Record<string, unknown> =>
  JSON.parse(JSON.stringify(authContextClaims(one, true, NOW))) as Record<string, unknown>;

describe('the claims of a token', () => {
  test('grants nothing that its session does not', () => {
    fc.assert(
      fc.property(session, demand, fc.constantFrom('ADMIN', 'AUDITOR'), (one, demanded, role) => {
        const other = read(sent(one));
        if (refuseStepUp(other, demanded, NOW) === null) expect(refuseStepUp(one, demanded, NOW)).toBeNull();
        expect(refuseRole(other, role)).toEqual(refuseRole(one, role));
      }),
      { numRuns: 1000 },
    );
  });

  test('grants everything that its session does', () => {
    fc.assert(
      fc.property(session, demand, (one, demanded) => {
        expect(refuseStepUp(read(sent(one)), demanded, NOW)).toEqual(refuseStepUp(one, demanded, NOW));
      }),
    );
  });

  test('never grants more when a claim is removed', () => {
    const taken = fc.constantFrom('acr', 'mfa', 'mfa.c', 'mfa.e', 'roles');
    fc.assert(
      fc.property(session, demand, taken, (one, demanded, path) => {
        const claims = sent(one);
        const [outer = '', inner] = path.split('.');
        if (inner === undefined) delete claims[outer];
        else delete (claims[outer] as Record<string, unknown>)[inner];
        const other = read(claims);
        if (refuseStepUp(other, demanded, NOW) === null) expect(refuseStepUp(one, demanded, NOW)).toBeNull();
        for (const role of other.roles) expect(one.roles).toContain(role);
      }),
    );
  });
});

describe('the claims of a session', () => {
  const totp = [evidenceOf('PASSWORD', NOW - 60), evidenceOf('TOTP', NOW - 30)];

  test('name its factors, roles and level, and whether the policy is met', () => {
    const one: AuthContext = { evidence: totp, enrolled: ['TOTP', 'BACKUP_CODE'], roles: ['ADMIN'] };
    const claims = {
      acr: 'aal2',
      amr: ['pwd', 'otp', 'mfa'],
      auth_time: NOW - 30,
      roles: ['ADMIN'],
      mfa: { c: { emailpassword: NOW - 60, totp: NOW - 30 }, e: ['backup-code', 'totp'], v: true },
    };
    expect(authContextClaims(one, true, NOW)).toEqual(claims);
    expect(authContextClaims(one, false, NOW).mfa.v).toBe(false);
  });

  test('name the evidence that only identified the user, and nothing if all of it proved something', () => {
    const phone = { ...evidenceOf('PHONE_CODE', NOW), categories: [] };
    const claims = authContextClaims({ evidence: [...totp, phone], enrolled: [], roles: [] }, true, NOW);
    expect(claims.mfa.i).toEqual(['otp-phone']);
    expect(authContextClaims({ evidence: totp, enrolled: [], roles: [] }, true, NOW).mfa).not.toHaveProperty(
      'i',
    );
  });

  test('say aal1 from the second on that its AAL2 has ended', () => {
    const aging = { overallSeconds: 60, idleSeconds: 60, resumedAt: null };
    const one: AuthContext = { evidence: totp, enrolled: ['TOTP'], roles: [], aging };
    expect(authContextClaims(one, true, NOW)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] });
    expect(authContextClaims(one, true, NOW + 1)).toMatchObject({ acr: 'aal1', amr: ['pwd', 'otp'] });
  });
});

const AAL2 = {
  acr: 'aal2',
  roles: ['ADMIN'],
  mfa: { c: { emailpassword: NOW - 60, totp: NOW - 30 }, e: ['totp'], v: true },
};

test('the valid token that the tests below modify is read completely', () => {
  expect(read(AAL2)).toEqual({
    evidence: [evidenceOf('PASSWORD', NOW - 60), evidenceOf('TOTP', NOW - 30)],
    enrolled: ['TOTP'],
    roles: ['ADMIN'],
  });
});

describe('evidence in a token', () => {
  test.each([
    ['acr is aal1', { ...AAL2, acr: 'aal1' }],
    ['acr is missing', { ...AAL2, acr: undefined }],
    ['acr is unknown', { ...AAL2, acr: 'aal3' }],
    [
      'its time is in the future',
      { ...AAL2, mfa: { ...AAL2.mfa, c: { emailpassword: NOW, totp: NOW + 1 } } },
    ],
    ['its time is a string', { ...AAL2, mfa: { ...AAL2.mfa, c: { emailpassword: NOW, totp: `${NOW}` } } }],
    ['its time is null', { ...AAL2, mfa: { ...AAL2.mfa, c: { emailpassword: NOW, totp: null } } }],
    ['the factor is unknown', { ...AAL2, mfa: { ...AAL2.mfa, c: { emailpassword: NOW, retina: NOW } } }],
    ['it only identified the user', { ...AAL2, mfa: { ...AAL2.mfa, i: ['totp'] } }],
    ['the list of identifying factors is malformed', { ...AAL2, mfa: { ...AAL2.mfa, i: 'emailpassword' } }],
    ['the evidence is a list', { ...AAL2, mfa: { ...AAL2.mfa, c: ['totp'] } }],
    ['mfa is missing', { ...AAL2, mfa: undefined }],
    ['what only identified is no list of ids', { ...AAL2, mfa: { ...AAL2.mfa, i: ['emailpassword', 1] } }],
    ['the evidence is null', { ...AAL2, mfa: { ...AAL2.mfa, c: null } }],
    ['mfa is null', { ...AAL2, mfa: null }],
    ['mfa is a list', { ...AAL2, mfa: [AAL2.mfa] }],
    ['mfa is a string', { ...AAL2, mfa: 'totp' }],
  ])('does not count as a second factor when %s', (_why, claims) => {
    const one = read(claims);
    expect(assuranceLevel(one.evidence)).toBe('AAL1');
    expect(refuseStepUp(one, requirement(), NOW)?.code).toBe('STEP_UP_REQUIRED');
  });
});

describe('a user whose second factors are not known from the token', () => {
  const strongest = requirement({ require: 'STRONGEST_ENROLLED' });
  const password = { acr: 'aal1', mfa: { c: { emailpassword: NOW }, e: [], v: true } };

  test('differs from a user without a second factor, who passes with the password', () => {
    expect(refuseStepUp(read(password), strongest, NOW)).toBeNull();
  });

  test.each([
    ['is missing', undefined],
    ['is null', null],
    ['is a string', 'totp'],
    ['is a list of numbers', [1]],
    ['names an unknown factor', ['retina']],
    ['names a first factor', ['emailpassword']],
  ])('does not pass with a first factor when the list %s', (_why, e) => {
    const one = read({ ...password, mfa: { ...password.mfa, e } });
    expect(one.enrolled.toSorted()).toEqual(SECOND_FACTORS.toSorted());
    expect(refuseStepUp(one, strongest, NOW)?.code).toBe('STEP_UP_REQUIRED');
  });
});

test.each([
  ['text', 'ADMIN'],
  ['numbers', [1]],
  ['a list of a role and something else', ['ADMIN', 1]],
  ['an object', { ADMIN: true }],
  ['nothing', undefined],
])('roles that are %s grant no role', (_what, roles) => {
  expect(refuseRole(read({ ...AAL2, roles }), 'ADMIN')?.code).toBe('FORBIDDEN');
});

describe('the lesser evidence of a token and its session', () => {
  const lists = fc.tuple(session, session).map(([held, said]) => [held.evidence, said.evidence] as const);

  test('grants nothing that only one of the two grants', () => {
    fc.assert(
      fc.property(lists, session, demand, ([held, said], one, demanded) => {
        const opens = (evidence: readonly Evidence[]) =>
          refuseStepUp({ ...one, evidence }, demanded, NOW) === null;
        if (!opens(lesserEvidence(held, said))) return;
        expect(opens(held)).toBe(true);
        // A token records that a passkey was used, but not whether it verified its user.
        const readable = said.every(({ categories }) => categories.length < 2);
        const passkeyless = held.every(({ categories }) => categories.length < 2);
        if (readable && passkeyless) expect(opens(said)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('equals the session for the token that was issued with it', () => {
    fc.assert(
      fc.property(session, (one) => {
        const claimed = read(sent(one)).evidence;
        const sameLevel = assuranceLevel(claimed) === assuranceLevel(one.evidence);
        if (sameLevel) expect(lesserEvidence(one.evidence, claimed)).toEqual(one.evidence);
        expect(lesserEvidence(one.evidence, one.evidence)).toEqual(one.evidence);
      }),
    );
  });

  test('excludes later proofs, and keeps the older time of a renewed proof', () => {
    const said = [evidenceOf('PASSWORD', NOW - 90), evidenceOf('TOTP', NOW - 60)];
    const held = [
      evidenceOf('PASSWORD', NOW - 90),
      { ...evidenceOf('TOTP', NOW), since: NOW - 60 },
      evidenceOf('BACKUP_CODE', NOW),
    ];
    expect(lesserEvidence(held, said)).toEqual(said);
  });

  test('excludes a factor that was removed and proved again', () => {
    const said = [evidenceOf('PASSWORD', NOW - 90), evidenceOf('TOTP', NOW - 60)];
    const held = [evidenceOf('PASSWORD', NOW - 90), { ...evidenceOf('TOTP', NOW), since: NOW - 30 }];
    expect(lesserEvidence(held, said)).toEqual([evidenceOf('PASSWORD', NOW - 90)]);
    expect(lesserEvidence([evidenceOf('TOTP', NOW)], said)).toEqual([]);
  });

  test('is no more than the token where the two prove one factor at different times', () => {
    const said = { ...evidenceOf('PASSKEY', NOW - 30), categories: ['POSSESSION' as const] };
    const held = {
      ...evidenceOf('PASSKEY', NOW - 60),
      categories: ['POSSESSION' as const, 'INHERENCE' as const],
    };
    expect(lesserEvidence([held], [said])).toEqual([{ ...held, categories: ['POSSESSION'] }]);
    // A token of that very proof, from before tokens said that a passkey proved two categories.
    expect(lesserEvidence([held], [{ ...said, completedAt: NOW - 60 }])).toEqual([held]);
  });

  test('says that a passkey verified its user, which counts for that factor only and when it is well-formed', () => {
    const verified = {
      ...evidenceOf('PASSKEY', NOW),
      categories: ['POSSESSION' as const, 'INHERENCE' as const],
    };
    const claims = sent({ evidence: [verified], enrolled: ['PASSKEY'], roles: [] });
    expect(claims).toMatchObject({ acr: 'aal2', mfa: { u: ['passkey'] } });
    expect(assuranceLevel(read(claims).evidence)).toBe('AAL2');
    const levelOf = (mfa: object, acr = 'aal2') =>
      assuranceLevel(read({ ...claims, acr, mfa: { ...(claims['mfa'] as object), ...mfa } }).evidence);
    for (const u of [undefined, 'passkey', [1], ['totp'], [['passkey']], {}])
      expect(levelOf({ u })).toBe('AAL1');
    expect(levelOf({ c: { totp: NOW }, u: ['totp', 'passkey'] })).toBe('AAL1');
    expect(levelOf({ i: ['passkey'] })).toBe('AAL1');
    expect(levelOf({}, 'aal1')).toBe('AAL1');
  });

  test('proves nothing with a factor that only identified the user in one of the two', () => {
    const identified = { ...evidenceOf('PHONE_CODE', NOW), categories: [] };
    expect(lesserEvidence([evidenceOf('PHONE_CODE', NOW)], [identified])).toEqual([identified]);
    expect(lesserEvidence([identified], [evidenceOf('PHONE_CODE', NOW)])).toEqual([identified]);
  });
});
