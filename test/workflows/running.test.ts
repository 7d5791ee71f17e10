// Who may drive a stored workflow, and what keeps it from taking a step: each answer is the one that its caller can act
// on, and a stranger's is that there is no such workflow.
import { describe, expect, test } from 'vitest';
import type { Account } from '../../src/factors/account.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { PresentedSession } from '../../src/sessions/presented.ts';
import { chartOf } from '../../src/workflows/charts.ts';
import { LockedOut, WorkflowEnded, WorkflowExpired, WorkflowNotFound } from '../../src/workflows/errors.ts';
import type { Lock, WorkflowRow } from '../../src/workflows/steps/row.ts';
import {
  isOpenTo,
  provedSoFar,
  refuseLocked,
  restore,
  runningOf,
} from '../../src/workflows/steps/running.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const seconds = NOW.getTime() / 1000;
const later = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds);

const chart = chartOf('sign-in');
const context = { offered: ['PASSWORD'], addressId: null, evidence: [], enrolled: [], first: [] };

function rowOf(given: Partial<WorkflowRow> = {}, state = 'firstFactor', more: object = {}): WorkflowRow {
  const snapshot = chart.resolveState({ value: state, context: { ...context, ...more } });
  return {
    id: 'w',
    chart: 'sign-in',
    machineVersion: chart.version ?? '',
    tenantId: 'default',
    sessionId: null,
    deviceId: null,
    subject: 'user:u',
    snapshot: chart.getPersistedSnapshot(snapshot),
    operation: null,
    approves: null,
    operationText: null,
    agentRequest: null,
    revision: 1,
    attempts: 0,
    maxAttempts: 5,
    createdAt: NOW,
    expiresAt: later(1000),
    account: null,
    challenges: [],
    locks: [],
    ...given,
  };
}

const sessionOf = (id: string, evidence: readonly Evidence[] = []): PresentedSession =>
  ({ id, evidence }) as unknown as PresentedSession;
const asking = (session: PresentedSession | null = null) => ({ session, tokenFault: null });

describe('a workflow', () => {
  test('takes a step for anyone who has its id, until its deadline', () => {
    const running = runningOf(rowOf(), asking(), later(999));
    expect(running).toMatchObject({ name: 'sign-in', row: { id: 'w' } });
    expect(running.snapshot.value).toBe('firstFactor');
    expect(running.snapshot.status).toBe('active');
  });

  test('has expired at its deadline', () => {
    expect(() => runningOf(rowOf(), asking(), later(1000))).toThrow(WorkflowExpired);
  });

  test('of another version of its chart has expired', () => {
    expect(() => runningOf(rowOf({ machineVersion: '0' }), asking(), NOW)).toThrow(WorkflowExpired);
  });

  test.each(['complete', 'failed', 'administrator'])(
    'that is %s has ended, past its deadline too',
    (state) => {
      expect(() => runningOf(rowOf({}, state), asking(), NOW)).toThrow(WorkflowEnded);
      expect(() => runningOf(rowOf({}, state), asking(), later(5000))).toThrow(WorkflowEnded);
      expect(restore(rowOf({}, state), 'sign-in', later(5000)).snapshot.value).toBe(state);
    },
  );

  test('that was never stored, or whose chart is unknown, is not found', () => {
    expect(() => runningOf(null, asking(), NOW)).toThrow(WorkflowNotFound);
    expect(() => runningOf(rowOf({ chart: 'constructor' }), asking(), NOW)).toThrow(WorkflowNotFound);
  });
});

describe('a workflow of a session', () => {
  const opened = [evidenceOf('PASSWORD', seconds)];
  const row = rowOf({ sessionId: 's' }, 'firstFactor', { opened });

  test('asks an anonymous caller to sign in', () => {
    expect(() => runningOf(row, asking(), NOW)).toThrow(
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'UNAUTHENTICATED' }) }),
    );
  });

  test('is not found by another session, expired or not', () => {
    for (const at of [NOW, later(5000)])
      expect(() => runningOf(row, asking(sessionOf('other', opened)), at)).toThrow(WorkflowNotFound);
  });

  test('is not found by a token of its session that opens less than the one that started it', () => {
    expect(() => runningOf(row, asking(sessionOf('s')), NOW)).toThrow(WorkflowNotFound);
    expect(runningOf(row, asking(sessionOf('s', opened)), NOW).row).toBe(row);
  });

  test('that was started by a token that opened nothing is open to every token of its session, and to no other', () => {
    const running = restore(rowOf({ sessionId: 's' }), 'sign-in', NOW);
    expect(isOpenTo(running, sessionOf('s'))).toBe(true);
    expect(isOpenTo(running, sessionOf('t'))).toBe(false);
    expect(isOpenTo(running, null)).toBe(false);
  });
});

describe('what was proved in a workflow', () => {
  test('is what was completed since it started, without the earlier evidence of its session', () => {
    const evidence = [evidenceOf('PASSWORD', seconds - 1), evidenceOf('TOTP', seconds)];
    const createdAt = later(999); // within the second of the proof
    expect(provedSoFar(restore(rowOf({ createdAt }, 'secondFactor', { evidence }), 'sign-in', NOW))).toEqual([
      'TOTP',
    ]);
  });

  test('is nothing in a chart that gathers no evidence', () => {
    expect(provedSoFar(restore(rowOf({ machineVersion: '0' }), 'sign-in', NOW))).toEqual([]);
  });
});

describe('a lock', () => {
  const lock = (counter: Lock['counter'], left: number, failures = 10): Lock => ({
    counter,
    failures,
    lockedUntil: later(left).toISOString(),
  });
  const refuse = (
    locks: readonly Lock[],
    factor: Parameters<typeof refuseLocked>[1][number],
    guessable = true,
  ) => {
    const account = { backupCodes: [{ guessable }] } as unknown as Account;
    return () => refuseLocked(rowOf({ locks, account }), [factor], NOW);
  };
  const secondsOf = (act: () => void): number | null | undefined => {
    try {
      act();
      return undefined;
    } catch (error) {
      if (!(error instanceof LockedOut)) throw error;
      return error.retryAfterSeconds;
    }
  };

  test('refuses guesses until it is over, and says in how many seconds, rounded up', () => {
    expect(secondsOf(refuse([lock('PASSWORD', 1)], 'PASSWORD'))).toBe(1);
    expect(secondsOf(refuse([lock('PASSWORD', 59_001)], 'PASSWORD'))).toBe(60);
    expect(secondsOf(refuse([lock('PASSWORD', 60_000)], 'PASSWORD'))).toBe(60);
    expect(secondsOf(refuse([lock('PASSWORD', 0)], 'PASSWORD'))).toBeUndefined();
    expect(secondsOf(refuse([lock('PASSWORD', -1)], 'PASSWORD'))).toBeUndefined();
  });

  test('that does not end by time says no time', () => {
    expect(secondsOf(refuse([lock('PASSWORD', 1000, 99)], 'PASSWORD'))).toBe(1);
    expect(secondsOf(refuse([lock('PASSWORD', 1000, 100)], 'PASSWORD'))).toBeNull();
  });

  test('of passwords does not lock codes, and vice versa', () => {
    expect(secondsOf(refuse([lock('PASSWORD', 1000)], 'TOTP'))).toBeUndefined();
    expect(secondsOf(refuse([lock('CODE', 1000)], 'PASSWORD'))).toBeUndefined();
    expect(secondsOf(refuse([lock('PASSWORD', 1000), lock('CODE', 2000)], 'TOTP'))).toBe(2);
  });

  test('closes nothing that cannot be guessed: links, passkeys and long backup codes remain the way out', () => {
    const locks = [lock('PASSWORD', 1000), lock('CODE', 1000)];
    for (const kind of ['EMAIL_LINK', 'PHONE_LINK', 'PASSKEY', 'OAUTH', 'CERTIFICATE'] as const)
      expect(secondsOf(refuse(locks, kind))).toBeUndefined();
    expect(secondsOf(refuse(locks, 'BACKUP_CODE', false))).toBeUndefined();
    expect(secondsOf(refuse(locks, 'BACKUP_CODE', true))).toBe(1);
    // Only backup codes depend on what the account holds.
    expect(secondsOf(refuse(locks, 'TOTP', false))).toBe(1);
  });
});
