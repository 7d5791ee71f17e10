// The parts that several charts are made of: which events they take, what they keep, and how a chart has ended.
import { describe, expect, test } from 'vitest';
import type { RefusalTally } from '../../src/persistence/refusal-tally.ts';
import type { Settlement } from '../../src/persistence/settlement.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { openApproves, sealApproves } from '../../src/workflows/approves.ts';
import type { Caller } from '../../src/workflows/caller.ts';
import { chartOf } from '../../src/workflows/charts.ts';
import { LockedOut, ProofRejected, TooManyMessages, TooManyRequests } from '../../src/workflows/errors.ts';
import type { WorkflowEvent } from '../../src/workflows/event.ts';
import { firstAuthenticator, provesFirstAuthenticator } from '../../src/workflows/first-authenticator.ts';
import { keptEvidence } from '../../src/workflows/keep-evidence.ts';
import type { Running } from '../../src/workflows/running.ts';
import { audit, auditRefusal, endOf, stepOf } from '../../src/workflows/step.ts';
import { offersFirstFactor, provesFirstFactor } from '../../src/workflows/two-steps.ts';
import { remedyOf, viewOfEnd } from '../../src/workflows/view.ts';

const AT = 1_800_000_000;

const prove = (factor: FactorKind, enrolled: readonly FactorKind[] = []): WorkflowEvent =>
  ({ type: 'PROVE', evidence: evidenceOf(factor, AT), enrolled, first: ['PASSWORD'] }) as WorkflowEvent;
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
  test('is an authenticator app, of somebody who has no second factor by then', () => {
    expect(provesFirstAuthenticator({ event: prove('TOTP') })).toBe(true);
    expect(provesFirstAuthenticator({ event: prove('TOTP', ['PHONE_CODE']) })).toBe(false);
    expect(provesFirstAuthenticator({ event: prove('PHONE_CODE') })).toBe(false);
    expect(provesFirstAuthenticator({ event: prepare('TOTP') })).toBe(false);
  });
});

test('the first authenticator of a user is a second factor from then on', () => {
  const [, confirm] = firstAuthenticator.on.PROVE.actions;
  expect(confirm.params({ context: { newAuthenticatorId: 'a' } })).toEqual({
    factor: 'TOTP',
    authenticatorId: 'a',
    isSecondFactor: true,
  });
});

describe('a chart keeps', () => {
  const before = [evidenceOf('PASSWORD', AT - 60)];

  test('an accepted proof beside the others, and what the user could prove then', () => {
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

  test('is complete, or failed in any other way, and none while it takes steps', () => {
    expect(endOf(at('complete'))).toBe('complete');
    for (const state of ['failed', 'expired', 'administrator']) expect(endOf(at(state))).toBe('failed');
    expect(endOf(at('firstFactor'))).toBeNull();
  });

  test('names an administrator where nothing else helps, and where somebody has lost what is asked for', () => {
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

describe('a refusal that a flood could cause', () => {
  function counted(error: unknown, row: object = {}): unknown[] {
    const added: unknown[] = [];
    const tally = { add: (...entry: unknown[]) => added.push(...entry) } as unknown as RefusalTally;
    const running = { name: 'sign-in', row: { tenantId: 't', sessionId: null, account: null, ...row } };
    const caller = { client: { ip: '10.0.0.1', userAgent: 'x' } } as unknown as Caller;
    auditRefusal(tally, running as unknown as Running, error, 'PASSWORD', caller);
    return added;
  }
  const nobody = { kind: 'ANONYMOUS', userId: null, sessionId: null, ip: '10.0.0.1', userAgent: 'x' };
  const entry = { tenantId: 't', userId: null, sessionId: null, factor: 'PASSWORD' };

  test.each([
    ['a limit of requests', new TooManyRequests(1), 'sign-in.limited'],
    ['a limit of messages', new TooManyMessages(1), 'sign-in.limited'],
    ['a lock', new LockedOut(1), 'sign-in.locked-out'],
  ])('is counted: %s', (_what, error, type) => {
    expect(counted(error)).toEqual([{ ...entry, type }, nobody]);
  });

  test('of an account is that account’s, made by nobody in particular until its session asks', () => {
    expect(counted(new LockedOut(1), { account: { id: 'u' } })).toEqual([
      { ...entry, userId: 'u', type: 'sign-in.locked-out' },
      nobody,
    ]);
    expect(counted(new LockedOut(1), { account: { id: 'u' }, sessionId: 's' })).toEqual([
      { ...entry, userId: 'u', sessionId: 's', type: 'sign-in.locked-out' },
      { ...nobody, kind: 'USER', userId: 'u', sessionId: 's' },
    ]);
  });

  test('is none of the others', () => {
    expect(counted(new ProofRejected(1))).toEqual([]);
    expect(counted(new Error('something else'))).toEqual([]);
  });
});

describe('what a workflow records', () => {
  type Audited = Parameters<typeof audit>;
  function recorded(type: Audited[2], row: object, sessionId: string | null): object | undefined {
    const rows: object[] = [];
    const settlement = { insert: (_table: string, one: object) => rows.push(one) } as unknown as Settlement;
    const caller = { client: { ip: null, userAgent: null } } as unknown as Caller;
    const of = { tenantId: 't', sessionId: null, account: { id: 'u' }, ...row } as unknown as Audited[1];
    audit(settlement, of, type, 'PASSWORD', sessionId, caller, new Date(AT * 1000));
    expect(rows).toHaveLength(1);
    return rows[0];
  }

  test('is made by its user once it is complete, and by nobody in particular before', () => {
    const made = { tenant_id: 't', user_id: 'u', factor: 'PASSWORD' };
    expect(recorded('sign-in.complete', {}, 's')).toMatchObject({
      ...made,
      session_id: 's',
      actor_kind: 'USER',
      actor_user_id: 'u',
      actor_session_id: 's',
    });
    expect(recorded('sign-in.proof-accepted', {}, null)).toMatchObject({
      ...made,
      actor_kind: 'ANONYMOUS',
      actor_user_id: null,
    });
  });

  test('of a session is made by that session, whatever it ends with', () => {
    expect(recorded('step-up.proof-accepted', { sessionId: 'driver' }, null)).toMatchObject({
      actor_kind: 'USER',
      actor_session_id: 'driver',
    });
    expect(recorded('step-up.complete', { sessionId: 'driver' }, 'other')).toMatchObject({
      actor_session_id: 'driver',
    });
  });

  test('of an identifier that nobody has names nobody', () => {
    expect(recorded('sign-in.complete', { account: null }, null)).toMatchObject({
      user_id: null,
      actor_kind: 'ANONYMOUS',
    });
  });
});

test('a step knows the session of its caller only where the workflow belongs to one', () => {
  const caller = { client: {}, session: { id: 's' }, deviceToken: 'd' } as unknown as Caller;
  const row = { id: 'w', account: null, deviceId: 'k', name: 'step-up', operation: null } as const;
  const settlement = {} as Settlement;
  const of = (sessionId: string | null) =>
    stepOf({ ...row, sessionId }, caller, new Date(AT * 1000), settlement);
  expect(of('s')).toMatchObject({ session: { id: 's' }, device: { token: 'd', knownId: 'k' } });
  expect(of(null).session).toBeNull();
});

test('what a step-up approves opens for its workflow and for no other, and may be nothing', () => {
  const ring = new KeyRing([new Uint8Array(32).fill(1)]);
  const sealed = sealApproves(ring, 'w', 'Pay 5 to Bob');
  expect(sealed).not.toContain('Bob');
  expect(openApproves(ring, 'w', sealed)).toBe('Pay 5 to Bob');
  expect(() => openApproves(ring, 'x', sealed)).toThrow();
  expect(openApproves(ring, 'w', null)).toBeNull();
});
