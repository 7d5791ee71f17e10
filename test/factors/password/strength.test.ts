// The strength of a password: estimated outside the event loop, at a limited cost for any input.
import { describe, expect, test } from 'vitest';
import { guessableWords } from '../../../src/factors/password/guessable-words.ts';
import { HashingQueue, OverloadedError } from '../../../src/factors/password/hashing-queue.ts';
import { strengthOf } from '../../../src/factors/password/strength/strength.ts';
import { estimate } from '../../../src/factors/password/strength/thread.ts';

describe('the strength level', () => {
  test.each([
    ['password', 'NONE'],
    ['P@ssw0rd1!', 'NONE'],
    ['qwertyuiop', 'NONE'],
    ['aaaaaaaaaaaaaaaaaaaaaaaa', 'NONE'],
    ['13.11.1991', 'NONE'],
    ['tortoise42', 'LOW'],
    ['orange tractor', 'MEDIUM'],
    ['correct horse battery staple', 'HIGH'],
    ['zT7%kq9!Lw4#', 'HIGH'],
  ])('of %s is %s', async (password, level) => {
    expect(await strengthOf(password, [])).toMatchObject({ level });
  });

  test('is lower for a password made of the user’s name', async () => {
    const owner = { email: 'florentine.quibble@example.com', name: 'Florentine Quibble' };
    const password = 'florentinequibble';
    expect((await strengthOf(password, [])).level).toBe('MEDIUM');
    const known = await strengthOf(password, guessableWords('Auth Co', owner));
    expect(known.level).toBe('NONE');
    expect(known.suggestions.length).toBeGreaterThan(0);
  });
});

test('the user’s own words are few, short, and taken from name, email address and product name', () => {
  const words = guessableWords('auth.acme-tools.example', {
    email: 'Jané.van-Dyk@mail.example.org',
    name: 'Jan\u0065\u0301 van Dyk',
  });
  expect(words).toEqual(
    expect.arrayContaining(['jané', 'van', 'dyk', 'acme', 'tools', 'mail', 'jané.van-dyk']),
  );
  expect(words).not.toContain('');
  const flood = guessableWords('x', {
    email: null,
    name: Array.from({ length: 500 }, (_, at) => `name${at}`).join(' '),
  });
  expect(flood.length).toBeLessThanOrEqual(40);
  expect(guessableWords('x', { email: null, name: 'n'.repeat(5000) })).toEqual([]);
});

describe('a strength estimate', () => {
  test('runs in another thread: the event loop continues during the most expensive one', async () => {
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await strengthOf('4@8({[<369&#!1/|0$5+7%2/'.repeat(11), []);
    isOver = true;
    expect(turns).toBeGreaterThan(100);
  });

  test('ignores everything after 64 code points', () => {
    const weak = '🔐a'.repeat(32);
    const { score } = estimate({ password: weak, words: [] });
    expect(score).toBeLessThan(2);
    for (const more of ['zT7%kq9!LwzT7%kq9!Lw4#', 'x'.repeat(1000)]) {
      expect(estimate({ password: weak + more, words: [] })).toEqual(estimate({ password: weak, words: [] }));
    }
  });

  test('a long password is at least as strong as its strongest part', () => {
    const strong = 'zT7%kq9!Lw4#';
    expect(estimate({ password: 'a'.repeat(32) + strong, words: [] }).score).toBe(4);
    expect(estimate({ password: strong + 'a'.repeat(60), words: [] }).score).toBe(4);
  });

  test('a flood of strength estimates is rejected at once, and the accepted ones complete', async () => {
    const slow = new HashingQueue(1, 5); // a check is expected to take five seconds, so one runs and four wait
    const flood = Array.from({ length: 50 }, (_, at) => strengthOf(`tortoise${at}`, [], slow));
    const results = await Promise.allSettled(flood);
    const refused = results.filter((one) => one.status === 'rejected');
    expect(results.length - refused.length).toBe(5);
    for (const one of refused) expect(one.reason).toBeInstanceOf(OverloadedError);
    expect((await strengthOf('tortoise42', [], slow)).level).toBe('LOW');
  });
});

test.each(['', '\ud800', '\0', 'e\u0301'.repeat(200), '__proto__', 'constructor', 'toString'])(
  'an unusual password is estimated without an error: %j',
  async (password) => {
    expect(['NONE', 'LOW', 'MEDIUM', 'HIGH']).toContain(
      (await strengthOf(password, ['constructor', '__proto__'])).level,
    );
  },
);
