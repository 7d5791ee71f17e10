// Classification of database failures. A wrong class would blame the database for a bug, or a client for an outage.
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import {
  isContention,
  isLockTimeout,
  isUnavailable,
  isUniqueViolation,
  losesConnection,
} from '../../src/persistence/failure.ts';

const withCode = (code: string, more: object = {}): Error => Object.assign(new Error('x'), { code, ...more });

describe('a database failure', () => {
  test.each([
    ['25006', 'a standby', true],
    ['57P01', 'an ended session', true],
    ['57P02', 'a crash', true],
    ['57P03', 'a start', true],
    ['08006', 'a connection failure', true],
    ['08P01', 'a protocol violation', true],
    ['57014', 'a statement time-out', false],
    ['55P03', 'a lock time-out', false],
    ['53300', 'too many connections', false],
    ['53100', 'a full disk', false],
  ])('%s (%s) is an outage; the connection is closed: %s', (code, _what, isLost) => {
    expect(isUnavailable(withCode(code))).toBe(true);
    expect(losesConnection(withCode(code))).toBe(isLost);
  });

  test.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN'])(
    '%s is an outage of the network',
    (code) => {
      expect(isUnavailable(withCode(code))).toBe(true);
      expect(losesConnection(withCode(code))).toBe(true);
    },
  );

  test.each([
    ['a missing socket', 'postgres://u@%2Fnowhere/d'],
    ['a closed port', 'postgres://u@127.0.0.1:1/d'],
    ['an unknown host', 'postgres://u@nowhere.invalid/d'],
  ])('%s is an outage', async (_what, connectionString) => {
    const client = new pg.Client({ connectionString });
    const error = await client.connect().catch((failure: unknown) => failure);
    expect(isUnavailable(error)).toBe(true);
  });
});

test.each(['23505', '42P01', '22P02', '40001', '40P01', 'ENOENT', 'EACCES', 'ERR_INVALID_ARG_TYPE', ''])(
  '%j is not an outage',
  (code) => {
    const error = withCode(code, { syscall: 'open' });
    expect(isUnavailable(error)).toBe(false);
    expect(losesConnection(error)).toBe(false);
  },
);

test('an error code that is not a string, as in a DOMException, is ignored', () => {
  for (const code of [5, null, ['40001'], { toString: () => '40001' }]) {
    const error = withCode(code as never);
    expect([isUnavailable(error), losesConnection(error), isContention(error)]).toEqual([
      false,
      false,
      false,
    ]);
  }
});

test('only 40001 and 40P01 are contention, and only 23505 is a unique violation', () => {
  const codes = ['40001', '40P01', '40002', '40003', '23505', '23503', '25006', '08006'];
  expect(codes.filter((code) => isContention(withCode(code)))).toEqual(['40001', '40P01']);
  expect(codes.filter((code) => isUniqueViolation(withCode(code)))).toEqual(['23505']);
  expect([...codes, '55P03', '57014'].filter((code) => isLockTimeout(withCode(code)))).toEqual(['55P03']);
  for (const other of [null, undefined, 'x', { code: '40001' }]) expect(isContention(other)).toBe(false);
});
