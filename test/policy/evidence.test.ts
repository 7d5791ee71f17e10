// A session is a list of evidence. These tests add further proofs to it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authTime, evidenceOf, holdsAll, withEvidence } from '../../src/policy/evidence.ts';
import { FACTOR_TRAITS } from '../../src/policy/factor-kind.ts';
import { evidenceList, factor, NOW, past } from './arbitraries.ts';

/** A session built up by one proof after another. */
const session = evidenceList.map((list) =>
  list
    .toSorted((one, other) => one.completedAt - other.completedAt)
    .reduce<ReturnType<typeof withEvidence>>(withEvidence, []),
);

test('evidence contains only what its factor proves and when it was completed', () => {
  fc.assert(
    fc.property(factor, past, (kind, at) => {
      const { categories, amr } = FACTOR_TRAITS[kind];
      expect(evidenceOf(kind, at)).toEqual({ factor: kind, categories, amr, completedAt: at });
    }),
  );
});

test('evidence can prove less than its factor usually does', () => {
  fc.assert(
    fc.property(factor, past, (kind, at) => {
      expect(evidenceOf(kind, at, [])).toEqual({ ...evidenceOf(kind, at), categories: [] });
    }),
  );
});

describe('a further proof in a session', () => {
  test('that proves less replaces one that proved more, and vice versa', () => {
    fc.assert(
      fc.property(session, factor, fc.boolean(), (list, kind, isLess) => {
        const [older, newer] = [evidenceOf(kind, NOW - 1), evidenceOf(kind, NOW, [])];
        const added = isLess
          ? [older, newer]
          : [
              { ...newer, completedAt: NOW - 1 },
              { ...older, completedAt: NOW },
            ];
        const grown = added.reduce<ReturnType<typeof withEvidence>>(withEvidence, list);
        expect(grown.filter((one) => one.factor === kind)).toEqual([added[1]]);
      }),
    );
  });

  test('replaces the older one of its factor and leaves all others unchanged', () => {
    fc.assert(
      fc.property(session, factor, (list, kind) => {
        const added = evidenceOf(kind, NOW);
        const grown = withEvidence(list, added);
        expect(grown.filter((one) => one.factor === kind)).toEqual([added]);
        expect(grown.filter((one) => one.factor !== kind)).toEqual(list.filter((one) => one.factor !== kind));
      }),
    );
  });

  test('does not change the original list', () => {
    fc.assert(
      fc.property(session, factor, (list, kind) => {
        const before = structuredClone(list);
        withEvidence(list, evidenceOf(kind, NOW));
        expect(list).toEqual(before);
      }),
    );
  });

  test('never makes the list longer than the number of factors', () => {
    fc.assert(
      fc.property(session, (list) => {
        expect(new Set(list.map((one) => one.factor)).size).toBe(list.length);
      }),
    );
  });
});

describe('a list holds all of another one', () => {
  const opened = [evidenceOf('PASSWORD', NOW - 60), evidenceOf('TOTP', NOW - 30)];

  test.each([
    ['as it is', opened, true],
    ['in another order', opened.toReversed(), true],
    ['beside more', [...opened, evidenceOf('BACKUP_CODE', NOW)], true],
    ['with a factor proved anew', [evidenceOf('PASSWORD', NOW - 60), evidenceOf('TOTP', NOW)], true],
    ['with a factor proved earlier', [evidenceOf('PASSWORD', NOW - 60), evidenceOf('TOTP', NOW - 31)], false],
    ['with a factor taken away', [evidenceOf('PASSWORD', NOW)], false],
    [
      'with another factor in its place',
      [evidenceOf('PASSWORD', NOW), evidenceOf('BACKUP_CODE', NOW)],
      false,
    ],
    ['as an empty list', [], false],
  ])('%s: %3$s', (_how, list, expected) => {
    expect(holdsAll(list, opened)).toBe(expected);
  });

  test('that is empty', () => {
    expect(holdsAll([], [])).toBe(true);
  });
});

describe('auth_time', () => {
  test('is the newest completion', () => {
    fc.assert(
      fc.property(session, (list) => {
        fc.pre(list.length > 0);
        expect(list.map((one) => one.completedAt)).toContain(authTime(list));
        expect(list.every((one) => one.completedAt <= (authTime(list) ?? 0))).toBe(true);
      }),
    );
  });

  test('is undefined without evidence', () => {
    expect(authTime([])).toBeUndefined();
  });
});
