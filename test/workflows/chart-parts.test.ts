// The parts that several charts are made of: which events they take, what they keep, and how a chart has ended.
import { describe, expect, test } from 'vitest';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { openApproves, sealApproves } from '../../src/workflows/approves.ts';
import { chartOf } from '../../src/workflows/charts.ts';
import type { WorkflowEvent } from '../../src/workflows/event.ts';
import { firstAuthenticator, provesFirstAuthenticator } from '../../src/workflows/first-authenticator.ts';
import { keptEvidence } from '../../src/workflows/keep-evidence.ts';
import { endOf } from '../../src/workflows/steps/step.ts';
import { offersFirstFactor, provesFirstFactor } from '../../src/workflows/two-steps.ts';
import { remedyOf, viewOfEnd } from '../../src/workflows/view.ts';

const AT = 1_800_000_000;

const prove = (factor: FactorKind, enrolled: readonly FactorKind[] = []): WorkflowEvent => ({
  type: 'PROVE',
  evidence: evidenceOf(factor, AT),
  enrolled,
  first: ['PASSWORD'],
});
const prepare = (factor: FactorKind): WorkflowEvent =>
  ({ type: 'PREPARE', factor, authenticatorId: null, enrolled: [], first: [] }) as unknown as WorkflowEvent;

describe('a first factor', () => {
  const context = { offered: ['EMAIL_CODE' as const], addressId: null };

  test('is prepared only when it is on offer', () => {
    expect(offersFirstFactor({ context, event: prepare('EMAIL_CODE') })).toBe(true);
    expect(offersFirstFactor({ context, event: prepare('PHONE_CODE') })).toBe(false);
    expect(offersFirstFactor({ context, event: prove('EMAIL_CODE') })).toBe(false);
  });

  test('is proved only when it is on offer', () => {
    expect(provesFirstFactor({ context, event: prove('EMAIL_CODE') })).toBe(true);
    expect(provesFirstFactor({ context, event: prove('PASSWORD') })).toBe(false);
    expect(provesFirstFactor({ context, event: prepare('EMAIL_CODE') })).toBe(false);
  });
});

describe('the first authenticator of a user', () => {
  const context = { enrolls: 'TOTP', newAuthenticatorId: 'a' } as const;

  test('must be the factor that policy names, and only of a user who has no second factor yet', () => {
    expect(provesFirstAuthenticator({ context, event: prove('TOTP') })).toBe(true);
    expect(provesFirstAuthenticator({ context, event: prove('TOTP', ['PHONE_CODE']) })).toBe(false);
    expect(provesFirstAuthenticator({ context, event: prove('PHONE_CODE') })).toBe(false);
    expect(provesFirstAuthenticator({ context, event: prepare('TOTP') })).toBe(false);
    const another = { ...context, enrolls: 'PHONE_CODE' } as const;
    expect(provesFirstAuthenticator({ context: another, event: prove('TOTP') })).toBe(false);
  });
});

test('the first authenticator of a user is a second factor from then on', () => {
  const [, confirm] = firstAuthenticator.on.PROVE.actions;
  expect(confirm.params({ context: { enrolls: 'TOTP', newAuthenticatorId: 'a' } })).toEqual({
    factor: 'TOTP',
    authenticatorId: 'a',
    isSecondFactor: true,
  });
});

describe('a chart keeps', () => {
  const before = [evidenceOf('PASSWORD', AT - 60)];

  test('an accepted proof next to the others, and what the user could prove at that time', () => {
    expect(keptEvidence(before, prove('TOTP', ['TOTP']))).toEqual({
      evidence: [...before, evidenceOf('TOTP', AT)],
      enrolled: ['TOTP'],
      first: ['PASSWORD'],
    });
  });

  test('nothing of any other event', () => {
    expect(keptEvidence(before, prepare('TOTP'))).toEqual({});
    expect(keptEvidence(before, { type: 'EXPIRE' })).toEqual({});
  });
});

describe('the end of a workflow', () => {
  const chart = chartOf('sign-in');
  const context = { evidence: [], enrolled: [], first: [] };
  const at = (value: string) => chart.resolveState({ value, context });

  test('is complete or failed, and there is none while it takes steps', () => {
    expect(endOf(at('complete'))).toBe('complete');
    for (const state of ['failed', 'expired', 'administrator']) expect(endOf(at(state))).toBe('failed');
    expect(endOf(at('firstFactor'))).toBeNull();
  });

  test('names an administrator if nothing else helps, or if the user has lost the required factor', () => {
    expect(remedyOf(viewOfEnd('administrator'))).toBe('ADMINISTRATOR');
    for (const state of ['complete', 'failed', 'expired']) expect(remedyOf(viewOfEnd(state))).toBeNull();
    const further = { what: 'FURTHER', evidence: [], forgotPassword: false } as const;
    const own = { what: 'OWN', acceptable: { accept: [], acceptsFirst: false } } as const;
    for (const proves of [further, own])
      expect(remedyOf({ status: 'NEEDS_PROOF', proves })).toBe('ADMINISTRATOR');
    const any = { what: 'ANY_OF', factors: [] } as const;
    expect(remedyOf({ status: 'NEEDS_FIRST_FACTOR', proves: any })).toBeNull();
  });
});

test('the description that a step-up approves can be decrypted for its own workflow only, and may be absent', () => {
  const ring = new KeyRing([new Uint8Array(32).fill(1)]);
  const sealed = sealApproves(ring, 'w', 'Pay 5 to Bob');
  expect(sealed).not.toContain('Bob');
  expect(openApproves(ring, 'w', sealed)).toBe('Pay 5 to Bob');
  expect(() => openApproves(ring, 'x', sealed)).toThrow();
  expect(openApproves(ring, 'w', null)).toBeNull();
});
