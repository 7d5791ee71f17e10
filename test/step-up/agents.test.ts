// The guards and an agent: it has no evidence, so only a proof that is bound to the operation helps it.
import { describe, expect, test } from 'vitest';
import { authContextClaims, authContextFrom } from '../../src/policy/claims.ts';
import {
  type AuthContext,
  REFUSED_AGENT,
  refuseAnonymous,
  refuseRole,
  refuseStepUp,
} from '../../src/policy/decision.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import { type Requirement, requirement } from '../../src/policy/requirement.ts';
import { type Guard, refuse } from '../../src/step-up/guard.ts';
import { RefusalError } from '../../src/step-up/refusal-error.ts';
import { NOW } from './example-schema.ts';

const EVIDENCE = [evidenceOf('PASSWORD', NOW), evidenceOf('TOTP', NOW)];
const agentOf = (more: Partial<AuthContext> = {}): AuthContext => ({
  evidence: [],
  enrolled: ['TOTP'],
  roles: [],
  agent: { name: 'Bookkeeper' },
  ...more,
});

const REQUIREMENTS = [
  {},
  { maxAge: 86_400 },
  { accept: ['TOTP'] },
  { require: 'STRONGEST_ENROLLED' },
  { minFactorAge: 60 },
] as const;

describe('an agent', () => {
  test('is signed in', () => {
    expect(refuseAnonymous(agentOf())).toBeNull();
  });

  test('has the roles that it was given', () => {
    expect(refuseRole(agentOf({ roles: ['ADMIN'] }), 'ADMIN')).toBeNull();
    expect(refuseRole(agentOf(), 'ADMIN')).toMatchObject({ code: 'FORBIDDEN' });
    expect(refuseRole(agentOf(), 'ADMIN')).not.toHaveProperty('agentRefused');
  });

  test.each(REQUIREMENTS)('never meets a step-up of a session, whatever it seems to have: %j', (options) => {
    for (const enrolled of [['TOTP'], []] as const)
      for (const evidence of [[], EVIDENCE])
        expect(refuseStepUp(agentOf({ enrolled, evidence }), requirement(options), NOW)).toEqual(
          REFUSED_AGENT,
        );
  });

  test.each(REQUIREMENTS)(
    'is asked for a proof of the operation, if the field is bound to it: %j',
    (options) => {
      const refusal = refuseStepUp(agentOf(), requirement({ ...options, bind: 'OPERATION' }), NOW);
      expect(refusal).toMatchObject({ code: 'STEP_UP_REQUIRED', remedy: 'STEP_UP', bind: 'OPERATION' });
      expect(refusal).not.toHaveProperty('agentRefused');
    },
  );

  test('reads what it was refused', () => {
    const { message, extensions } = new RefusalError(REFUSED_AGENT);
    expect(message).toBe('Agents cannot do this. Ask the user to do it themselves.');
    expect(extensions).toMatchObject({
      code: 'FORBIDDEN',
      remedy: null,
      acrValues: null,
      agentRefused: true,
    });
  });
});

describe('Q4 combined guards', () => {
  const bound = (maxAge: number): Guard => guard({ bind: 'OPERATION', maxAge });
  const session = (maxAge: number): Guard => guard({ maxAge });
  const role: Guard = { directive: 'requiresRole', role: 'ADMIN' };
  function guard(options: Parameters<typeof requirement>[0]): Guard {
    return { directive: 'stepUp', requirement: requirement(options) };
  }

  const decide = (
    guards: readonly Guard[],
    who: AuthContext,
    isApproved?: (demand: Requirement) => boolean,
  ) => refuse(guards, who, NOW, isApproved);

  test('of an agent are refused for what nothing helps against, in any order', () => {
    for (const guards of [
      [bound(60), session(600)],
      [session(60), bound(600)],
      [bound(60), bound(120), session(600)],
    ])
      expect(decide(guards, agentOf())).toEqual(REFUSED_AGENT);
    expect(decide([role, bound(60)], agentOf())).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('of an agent are refused if any is unmet, over role × proof × guard', () => {
    const approved = (demand: Requirement) => demand.bind === 'OPERATION';
    for (const hasRole of [true, false])
      for (const isApproved of [true, false])
        for (const asksForSession of [true, false]) {
          const guards = [role, bound(60), ...(asksForSession ? [session(600)] : [])];
          const who = agentOf({ roles: hasRole ? ['ADMIN'] : [] });
          const refusal = decide(guards, who, isApproved ? approved : undefined);
          expect(refusal === null).toBe(hasRole && isApproved && !asksForSession);
        }
  });

  test('of a user are refused as before', () => {
    const user: AuthContext = { evidence: [], enrolled: ['TOTP'], roles: [] };
    expect(decide([bound(60), session(600)], user)).toMatchObject({ bind: 'OPERATION' });
    expect(decide([session(60), bound(600)], user)).toMatchObject({ bind: 'SESSION' });
  });
});

describe('the claims of an agent', () => {
  test('claim no authentication', () => {
    const claims = authContextClaims(agentOf({ evidence: EVIDENCE, roles: ['ADMIN'] }), true, NOW);
    expect(claims).toEqual({ roles: ['ADMIN'], mfa: { c: {}, e: ['totp'], v: false } });
  });

  test.each([{ sub: 's', name: 'Bookkeeper' }, {}, null, 'x', 1, [], false])(
    'are those of an agent whatever `act` contains, and give no evidence: %j',
    (act) => {
      const person = authContextClaims(
        { evidence: EVIDENCE, enrolled: ['TOTP'], roles: ['ADMIN'] },
        true,
        NOW,
      );
      const read = authContextFrom({ ...person, act }, NOW);
      expect(read.evidence).toEqual([]);
      expect(read.agent).toBeTruthy();
      expect(refuseStepUp(read, requirement({}), NOW)).toEqual(REFUSED_AGENT);
      expect(authContextFrom(person, NOW)).not.toHaveProperty('agent');
    },
  );
});
