// The decision about a guarded field: who passes, who is refused, and what the refusal says. Only evidence grants
// access.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AuthContext, refuseAnonymous, refuseRole, refuseStepUp } from '../../src/policy/decision.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { provable } from '../../src/policy/required-factors.ts';
import { requirement } from '../../src/policy/requirement.ts';
import {
  authContext,
  categoriesIn,
  demand,
  demandsSecondFactor,
  demandsStrongest,
  evidence,
  evidenceOfKind,
  FIRST_FACTORS,
  factor,
  firstFactor,
  identifiedByPhone,
  maxAge,
  NOW,
  PHONE_FACTORS,
  passkeyWithUserVerification,
  secondFactor,
  secondStep,
} from './arbitraries.ts';

/** A session with an old password proof and a second factor of the given age. */
function provedAgo(seconds: number, second: FactorKind = 'TOTP'): AuthContext {
  return {
    evidence: [evidenceOf('PASSWORD', NOW - 1_000_000), evidenceOf(second, NOW - seconds)],
    enrolled: [second],
    roles: [],
  };
}

const passes = (...args: Parameters<typeof refuseStepUp>): boolean => refuseStepUp(...args) === null;

describe('freshness', () => {
  test.each([
    ['one second less than maxAge', -1, true],
    ['exactly maxAge', 0, true],
    ['one second more than maxAge', 1, false],
  ])('a proof of the age of %s passes: %3$s', (_name, difference, expected) => {
    fc.assert(
      fc.property(maxAge, secondStep, (seconds, kind) => {
        const caller = provedAgo(seconds + difference, kind);
        expect(passes(caller, requirement({ maxAge: seconds }), NOW)).toBe(expected);
      }),
    );
  });

  test('a newer proof passes wherever an older one does', () => {
    fc.assert(
      fc.property(maxAge, fc.nat(300_000), fc.nat(300_000), (seconds, one, other) => {
        const [younger, older] = one < other ? [one, other] : [other, one];
        const demanded = requirement({ maxAge: seconds });
        if (passes(provedAgo(older), demanded, NOW)) {
          expect(passes(provedAgo(younger), demanded, NOW)).toBe(true);
        }
      }),
    );
  });

  test('a refused session stays refused while only time passes', () => {
    fc.assert(
      fc.property(authContext, demand, fc.nat(300_000), (caller, demanded, seconds) => {
        if (!passes(caller, demanded, NOW)) expect(passes(caller, demanded, NOW + seconds)).toBe(false);
      }),
    );
  });

  test('a longer maxAge never refuses a session that a shorter one accepts', () => {
    fc.assert(
      fc.property(authContext, demand, fc.nat(100_000), (caller, demanded, more) => {
        const longer = { ...demanded, maxAge: demanded.maxAge + more };
        if (passes(caller, demanded, NOW)) expect(passes(caller, longer, NOW)).toBe(true);
      }),
    );
  });

  test.each([
    ['within the clock tolerance', 5, true],
    ['one second beyond it', 6, false],
  ])('evidence dated in the future, %s, counts: %3$s', (_name, ahead, expected) => {
    expect(passes(provedAgo(-ahead), requirement(), NOW)).toBe(expected);
  });

  test('evidence from the future does not change freshness, assurance or the refusal', () => {
    const later = fc.integer({ min: NOW + 6, max: NOW + 1_000_000 });
    fc.assert(
      fc.property(authContext, demand, fc.array(evidenceOfKind(factor, later)), (caller, demanded, ahead) => {
        const shifted = { ...caller, evidence: [...ahead, ...caller.evidence] };
        expect(refuseStepUp(shifted, demanded, NOW)).toEqual(refuseStepUp(caller, demanded, NOW));
      }),
    );
  });

  test.each([Number.NaN, undefined])('evidence with an invalid time (%s) does not count', (at) => {
    const list = [evidenceOf('PASSWORD', NOW), evidenceOf('TOTP', at as number)];
    const caller = { evidence: list, enrolled: ['TOTP' as const], roles: [] };
    expect(passes(caller, requirement(), NOW)).toBe(false);
    expect(passes(provedAgo(0), requirement(), at as number)).toBe(false);
  });
});

describe('evidence', () => {
  test('never reduces access when more is added', () => {
    fc.assert(
      fc.property(authContext, demand, evidence, (caller, demanded, more) => {
        const grown = { ...caller, evidence: [more, ...caller.evidence] };
        if (passes(caller, demanded, NOW)) expect(passes(grown, demanded, NOW)).toBe(true);
      }),
    );
  });

  test('is the only thing that meets a second-factor requirement: enrolled factors and roles do not', () => {
    fc.assert(
      fc.property(authContext, authContext, demandsSecondFactor, (caller, other, demanded) => {
        const changed = { ...other, evidence: caller.evidence };
        expect(passes(changed, demanded, NOW)).toBe(passes(caller, demanded, NOW));
      }),
    );
  });

  test('is necessary to pass', () => {
    fc.assert(
      fc.property(authContext, demand, (caller, demanded) => {
        expect(passes({ ...caller, evidence: [] }, demanded, NOW)).toBe(false);
      }),
    );
  });

  test('passes exactly when an accepted second factor is fresh and two categories are proved', () => {
    fc.assert(
      fc.property(authContext, demandsSecondFactor, (caller, demanded) => {
        const isFresh = caller.evidence.some(
          (one) =>
            demanded.accept.includes(one.factor) &&
            one.categories.includes('POSSESSION') &&
            NOW - one.completedAt <= demanded.maxAge,
        );
        const isTwoCategories = categoriesIn(caller.evidence).size > 1;
        expect(passes(caller, demanded, NOW)).toBe(isFresh && isTwoCategories);
      }),
    );
  });
});

describe('a second factor', () => {
  test('cannot be replaced by passwords, mailboxes and identity providers, however fresh', () => {
    const list = fc.array(evidenceOfKind(firstFactor, fc.constant(NOW)));
    fc.assert(
      fc.property(list, fc.uniqueArray(secondFactor), demandsSecondFactor, (proved, enrolled, demanded) => {
        expect(passes({ evidence: proved, enrolled, roles: [] }, demanded, NOW)).toBe(false);
      }),
    );
  });

  test('does not pass without a first factor', () => {
    const list = fc.array(evidenceOfKind(secondFactor, fc.constant(NOW)));
    fc.assert(
      fc.property(list, demandsSecondFactor, (proved, demanded) => {
        expect(passes({ evidence: proved, enrolled: [], roles: [] }, demanded, NOW)).toBe(false);
      }),
    );
  });

  test('that verified its user passes alone', () => {
    const caller = {
      evidence: [passkeyWithUserVerification(NOW)],
      enrolled: ['PASSKEY' as const],
      roles: [],
    };
    expect(passes(caller, { ...requirement(), accept: ['PASSKEY'] }, NOW)).toBe(true);
    expect(passes(caller, requirement({ accept: ['TOTP'] }), NOW)).toBe(false);
  });

  test('that is not in `accept` does not pass', () => {
    fc.assert(
      fc.property(secondFactor, demand, (kind, demanded) => {
        fc.pre(!demanded.accept.includes(kind));
        expect(passes(provedAgo(0, kind), demanded, NOW)).toBe(false);
      }),
    );
  });

  test('that is stale is not renewed by a fresh first factor', () => {
    fc.assert(
      fc.property(maxAge, evidenceOfKind(firstFactor, fc.constant(NOW)), (seconds, first) => {
        const stale = provedAgo(seconds + 1);
        const caller = { ...stale, evidence: [...stale.evidence, first] };
        expect(passes(caller, requirement({ maxAge: seconds }), NOW)).toBe(false);
      }),
    );
  });
});

describe('STRONGEST_ENROLLED', () => {
  test('never accepts a first factor from a user who has a second one', () => {
    const firstOnly = fc.array(evidenceOfKind(firstFactor, fc.constant(NOW)), { minLength: 1 });
    const some = fc.uniqueArray(secondFactor, { minLength: 1 });
    fc.assert(
      fc.property(firstOnly, some, demandsStrongest, (proved, enrolled, demanded) => {
        expect(passes({ evidence: proved, enrolled, roles: [] }, demanded, NOW)).toBe(false);
      }),
    );
  });

  test('equals SECOND_FACTOR for a user who has a second factor, including the refusals', () => {
    fc.assert(
      fc.property(authContext, demandsStrongest, (caller, demanded) => {
        fc.pre(caller.enrolled.length > 0);
        const strict = refuseStepUp(caller, { ...demanded, require: 'SECOND_FACTOR' }, NOW);
        expect(refuseStepUp(caller, demanded, NOW)).toEqual(
          strict === null ? null : { ...strict, require: 'STRONGEST_ENROLLED' },
        );
      }),
    );
  });

  test.each([
    ['exactly maxAge', 0, true],
    ['one second more', 1, false],
  ])(
    'accepts a first factor of the age of %s from a user without a second one: %3$s',
    (_name, more, expected) => {
      fc.assert(
        fc.property(firstFactor, maxAge, (kind, seconds) => {
          const caller = { evidence: [evidenceOf(kind, NOW - seconds - more)], enrolled: [], roles: [] };
          const demanded = requirement({ maxAge: seconds, require: 'STRONGEST_ENROLLED' });
          expect(passes(caller, demanded, NOW)).toBe(expected);
        }),
      );
    },
  );
});

describe('a phone number that is not turned on as a second factor', () => {
  test('changes neither the decision nor the refusal', () => {
    fc.assert(
      fc.property(authContext, demand, identifiedByPhone, (caller, demanded, phone) => {
        const grown = { ...caller, evidence: [phone, ...caller.evidence] };
        expect(refuseStepUp(grown, demanded, NOW)).toEqual(refuseStepUp(caller, demanded, NOW));
      }),
    );
  });

  test.each(PHONE_FACTORS)('does not meet STRONGEST_ENROLLED as a first factor (%s)', (kind) => {
    const caller = { evidence: [evidenceOf(kind, NOW, [])], enrolled: [], roles: [] };
    expect(refuseStepUp(caller, requirement({ require: 'STRONGEST_ENROLLED' }), NOW)).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      lastVerifiedAt: null,
    });
  });

  test('is not a fresh second factor, like any evidence that did not prove possession', () => {
    fc.assert(
      fc.property(secondStep, fc.constantFrom([], ['KNOWLEDGE' as const]), (kind, categories) => {
        const caller = {
          evidence: [
            evidenceOf('PASSWORD', NOW),
            evidenceOf(kind === 'TOTP' ? 'BACKUP_CODE' : 'TOTP', NOW),
            evidenceOf(kind, NOW, categories),
          ],
          enrolled: [kind],
          roles: [],
        };
        expect(passes(caller, requirement({ accept: [kind] }), NOW)).toBe(false);
      }),
    );
  });
});

/** Where nothing but passkeys and certificates is accepted, the values for phishing resistance come first. */
const valuesAt2 = (accept: readonly string[]): string[] =>
  accept.every((kind) => ['PASSKEY', 'CERTIFICATE'].includes(kind)) ? ['phr', 'phrh', 'aal2'] : ['aal2'];

describe('a refusal', () => {
  test('of an anonymous caller says to sign in, and at which level', () => {
    fc.assert(
      fc.property(demand, (demanded) => {
        expect(refuseStepUp(null, demanded, NOW)).toEqual({
          code: 'UNAUTHENTICATED',
          remedy: 'SIGN_IN',
          acrValues: demanded.require === 'SECOND_FACTOR' ? valuesAt2(demanded.accept) : ['aal1'],
          maxAge: demanded.maxAge,
          accept: demanded.accept,
          require: demanded.require,
          bind: 'SESSION',
          lastVerifiedAt: null,
        });
      }),
    );
  });

  test('says to step up if the user has an accepted factor, and to enroll otherwise', () => {
    fc.assert(
      fc.property(authContext, demandsSecondFactor, (caller, demanded) => {
        const refusal = refuseStepUp(caller, demanded, NOW);
        fc.pre(refusal !== null);
        const canProve = caller.enrolled.some((kind) => demanded.accept.includes(kind));
        expect(refusal).toMatchObject(
          canProve
            ? { code: 'STEP_UP_REQUIRED', remedy: 'STEP_UP' }
            : { code: 'ENROLLMENT_REQUIRED', remedy: 'ENROLL' },
        );
        expect(refusal).toMatchObject({
          acrValues: valuesAt2(demanded.accept),
          maxAge: demanded.maxAge,
          accept: demanded.accept,
          require: 'SECOND_FACTOR',
        });
      }),
    );
  });

  test('contains the last proof of an accepted factor, and ignores other factors', () => {
    fc.assert(
      fc.property(authContext, demandsSecondFactor, (caller, demanded) => {
        const refusal = refuseStepUp(caller, demanded, NOW);
        fc.pre(refusal !== null);
        const times = caller.evidence
          .filter((one) => demanded.accept.includes(one.factor) && one.categories.includes('POSSESSION'))
          .map((one) => one.completedAt);
        expect(refusal.lastVerifiedAt).toBe(times.length === 0 ? null : Math.max(...times));
      }),
    );
  });

  test.each([...FIRST_FACTORS])(
    'by STRONGEST_ENROLLED tells a user without a second factor to prove the first one again (%s)',
    (kind) => {
      const caller = { evidence: [evidenceOf(kind, NOW - 601)], enrolled: [], roles: [] };
      expect(refuseStepUp(caller, requirement({ require: 'STRONGEST_ENROLLED' }), NOW)).toEqual({
        code: 'STEP_UP_REQUIRED',
        remedy: 'STEP_UP',
        acrValues: ['aal1'],
        maxAge: 600,
        accept: null,
        require: 'STRONGEST_ENROLLED',
        bind: 'SESSION',
        lastVerifiedAt: NOW - 601,
      });
    },
  );

  test('is resolved by a step-up with the values in the refusal', () => {
    const signedIn = authContext.filter((one) =>
      one.evidence.some((it) => it.categories.includes('KNOWLEDGE')),
    );
    fc.assert(
      fc.property(signedIn, demand, (caller, demanded) => {
        const refusal = refuseStepUp(caller, demanded, NOW);
        fc.pre(refusal?.remedy === 'STEP_UP');
        const { accept, require } = requirement(refusal);
        const held = { enrolled: caller.enrolled, first: [...FIRST_FACTORS, ...PHONE_FACTORS] };
        const asked = provable({ accept, acceptsFirst: require === 'STRONGEST_ENROLLED' }, held);
        expect(asked).not.toEqual([]);
        for (const kind of asked) {
          const proved = [...caller.evidence, evidenceOf(kind, NOW)];
          expect(passes({ ...caller, evidence: proved }, demanded, NOW)).toBe(true);
        }
      }),
    );
  });
});

describe('a proof that is bound to an operation', () => {
  test('is never what the session has proved already, however fresh', () => {
    fc.assert(
      fc.property(authContext, demand, (caller, demanded) => {
        const bound = { ...demanded, bind: 'OPERATION' as const };
        const refusal = refuseStepUp(caller, bound, NOW);
        expect(refusal).toMatchObject({ bind: 'OPERATION', lastVerifiedAt: null });
        expect(refusal).toEqual(refuseStepUp({ ...caller, evidence: [] }, bound, NOW));
      }),
    );
  });
});

describe('a token from before the step-up', () => {
  const older = [evidenceOf('PASSWORD', NOW - 900), evidenceOf('TOTP', NOW - 900)];
  const newer = (at: number): AuthContext => ({
    evidence: older,
    held: [evidenceOf('PASSWORD', NOW - 900), evidenceOf('TOTP', at)],
    enrolled: ['TOTP'],
    roles: [],
  });

  test('is refreshed instead of asking the user again', () => {
    const refusal = refuseStepUp(newer(NOW), requirement(), NOW);
    expect(refusal).toMatchObject({ code: 'STEP_UP_REQUIRED', lastVerifiedAt: NOW - 900 });
    expect(refusal?.refreshSuffices).toBe(true);
  });

  test.each([
    ['is too old as well', NOW - 601],
    ['comes from the future', NOW + 6],
  ])('is not refreshed where what the session holds %s', (_why, at) => {
    expect(refuseStepUp(newer(at), requirement(), NOW)?.refreshSuffices).toBe(false);
  });

  test('passes where it does by itself, whatever the session holds', () => {
    expect(refuseStepUp({ ...newer(NOW - 900), held: [] }, requirement({ maxAge: 900 }), NOW)).toBeNull();
  });

  test('cannot be recognized if only the token is known', () => {
    const { held: _, ...caller } = newer(NOW);
    expect(refuseStepUp(caller, requirement(), NOW)).not.toHaveProperty('refreshSuffices');
  });
});

describe('I6: a user without a second factor whose provider has a trusted one', () => {
  const there: AuthContext = { evidence: [], enrolled: [], roles: [], atProvider: true };
  const code = (context: AuthContext, options: Parameters<typeof requirement>[0]) =>
    refuseStepUp(context, requirement(options), NOW)?.code;

  test('is told to step up where a guard takes every second factor, and else to enroll one', () => {
    expect(code(there, {})).toBe('STEP_UP_REQUIRED');
    expect(code({ ...there, atProvider: false }, {})).toBe('ENROLLMENT_REQUIRED');
    for (const options of [{ accept: ['TOTP'] }, { minFactorAge: 60 }, { bind: 'OPERATION' }] as const)
      expect(code(there, options)).toBe('ENROLLMENT_REQUIRED');
    expect(code({ ...there, enrolled: ['TOTP'] }, { accept: ['PASSKEY'] })).toBe('ENROLLMENT_REQUIRED');
  });

  test('proves nothing by having an account there', () => {
    const known = evidenceOf('OAUTH', NOW);
    const evidence = [evidenceOf('PASSWORD', NOW), known];
    expect(code({ ...there, evidence }, {})).toBe('STEP_UP_REQUIRED');
  });
});

describe('a session whose AAL2 has ended', () => {
  const aging = { overallSeconds: 3600, idleSeconds: 600, resumedAt: null };
  const caller: AuthContext = {
    evidence: [evidenceOf('PASSWORD', NOW - 3600), evidenceOf('TOTP', NOW)],
    enrolled: ['TOTP'],
    roles: [],
    aging,
  };

  test('does not pass by a fresh second factor alone', () => {
    expect(passes(caller, requirement(), NOW)).toBe(true);
    expect(passes(caller, requirement(), NOW + 1)).toBe(false);
  });
});

describe('roles', () => {
  test('grant access only to fields with exactly that role', () => {
    fc.assert(
      fc.property(authContext, fc.constantFrom('ADMIN', 'AUDITOR', 'admin', ''), (caller, role) => {
        const refusal = refuseRole(caller, role);
        expect(refusal === null).toBe(caller.roles.includes(role));
        if (refusal !== null) expect(refusal).toMatchObject({ code: 'FORBIDDEN', remedy: null });
      }),
    );
  });

  test('a role given as text is one role, and part of its name is not a role', () => {
    const caller = { evidence: [], enrolled: [], roles: 'ADMINISTRATOR' as never };
    expect(refuseRole(caller, 'ADMINISTRATOR')).toBeNull();
    expect(refuseRole(caller, 'ADMIN')).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('an anonymous caller has no role', () => {
    expect(refuseRole(null, 'ADMIN')).toMatchObject({ code: 'UNAUTHENTICATED', remedy: 'SIGN_IN' });
  });
});

test('@authenticated accepts every signed-in user and no one else', () => {
  fc.assert(
    fc.property(authContext, (caller) => {
      expect(refuseAnonymous(caller)).toBeNull();
    }),
  );
  expect(refuseAnonymous(null)).toMatchObject({ code: 'UNAUTHENTICATED', remedy: 'SIGN_IN' });
});
