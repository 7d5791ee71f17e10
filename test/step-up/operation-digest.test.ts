// The digest of an operation: the same for whoever asks for the same in the same words, and for nobody else.
import fc from 'fast-check';
import { parse, print, stripIgnoredCharacters } from 'graphql';
import { describe, expect, test } from 'vitest';
import { operationDigest } from '../../src/step-up/operation-digest.ts';

function digestOf(query: string, variables?: unknown, operationName?: string): string | null {
  return operationDigest({
    document: parse(query),
    variables: variables as Readonly<Record<string, unknown>>,
    operationName,
  });
}

const PAY = 'mutation ($amount: Int!, $to: To = { name: "Bob" }) { pay(amount: $amount, to: $to) { id } }';
const VALUES = { amount: 5, to: { name: 'Bob', iban: ['x', 'y'] } };

test('is SHA-256 in base64url, and the same in every process', () => {
  expect(digestOf('{ a }')).toMatch(/^[\w-]{43}$/);
  expect(digestOf('{ a }')).toMatchInlineSnapshot(`"B7eSjJKbzwMRoAFfXTD0h2PM2G-MpjUYvjuZ3ccDttY"`);
  expect(digestOf(PAY, VALUES)).toMatchInlineSnapshot(`"tbmuSaPiLoKAxmmYNgc3TzjQX58cqidzgm7cGBQE9rU"`);
});

describe('does not depend on', () => {
  test.each<[string, string]>([
    ['layout', stripIgnoredCharacters(PAY)],
    ['how it is printed', print(parse(PAY))],
    ['comments', `# Pay.\n${PAY} # That is all.`],
    [
      'the order of arguments',
      'mutation ($amount: Int!, $to: To = { name: "Bob" }) { pay(to: $to, amount: $amount) { id } }',
    ],
    [
      'the order in which variables are declared',
      'mutation ($to: To = { name: "Bob" }, $amount: Int!) { pay(to: $to, amount: $amount) { id } }',
    ],
    ['how a string is written', PAY.replace('"Bob"', '"""Bob"""')],
    ['fragments that it does not spread', `${PAY} fragment F on Payment { id }`],
  ])('%s', (_name, query) => {
    expect(digestOf(query, VALUES)).toBe(digestOf(PAY, VALUES));
  });

  test('other operations in the document, nor whether the only one was named', () => {
    expect(digestOf('mutation A { a } query B { b }', {}, 'A')).toBe(digestOf('mutation A { a }'));
    expect(digestOf('mutation A { a }', {}, 'A')).toBe(digestOf('mutation A { a }'));
  });

  test('the order of fragments, and of members of objects', () => {
    const [one, other] = ['fragment A on T { a }', 'fragment B on T { b(in: { x: 1, y: 2 }) }'];
    expect(digestOf(`{ ...A ...B } ${other} ${one}`)).toBe(
      digestOf(`{ ...A ...B } ${one} ${other.replace('x: 1, y: 2', 'y: 2, x: 1')}`),
    );
  });

  test('the order of members of variables, however deep, nor on variables that it does not declare', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (to, other) => {
        const turned = { other, to: turnedAround(to), amount: 5 };
        expect(digestOf(PAY, turned)).toBe(digestOf(PAY, { amount: 5, to }));
      }),
    );
  });
});

function turnedAround(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnedAround);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, turnedAround(inner)]),
  );
}

describe('depends on', () => {
  test.each<[string, string]>([
    ['the kind of operation', PAY.replace('mutation', 'query')],
    ['its name', PAY.replace('mutation', 'mutation Pay')],
    ['its fields', PAY.replace('pay(', 'payTwice(')],
    ['what is selected', PAY.replace('{ id }', '{ id amount }')],
    ['an alias', PAY.replace('pay(', 'a: pay(')],
    ['a directive', PAY.replace('{ id }', '@include(if: true) { id }')],
    ['an argument', PAY.replace('amount: $amount', 'amount: 5')],
    ['a default', PAY.replace('Bob', 'Eve')],
    ['the type of a variable', PAY.replace('Int!', 'Int')],
    [
      'how often a field is asked for',
      PAY.replace('{ id } }', '{ id } pay(amount: $amount, to: $to) { id } }'),
    ],
  ])('%s', (_name, query) => {
    expect(digestOf(query, VALUES)).not.toBe(digestOf(PAY, VALUES));
  });

  test('the order of fields', () => {
    expect(digestOf('mutation { a b }')).not.toBe(digestOf('mutation { b a }'));
  });

  test('what stands in a fragment, also in one that another spreads', () => {
    const query = '{ ...A } fragment A on T { ...B } fragment B on T { b }';
    expect(digestOf(query)).not.toBe(digestOf(query.replace('{ b }', '{ c }')));
  });

  test.each<[string, object]>([
    ['another value', { ...VALUES, amount: 6 }],
    ['a string for a number', { ...VALUES, amount: '5' }],
    ['a value inside', { ...VALUES, to: { ...VALUES.to, name: 'Eve' } }],
    ['the order of a list', { ...VALUES, to: { ...VALUES.to, iban: ['y', 'x'] } }],
    ['leaving a variable out', { amount: 5 }],
    ['null for it', { amount: 5, to: null }],
    ['its default, said', { amount: 5, to: { name: 'Bob' } }],
  ])('variables: %s', (_name, variables) => {
    const others = [
      VALUES,
      { amount: 5 },
      { amount: 5, to: null },
      { amount: 5, to: { name: 'Bob' } },
    ].filter((one) => JSON.stringify(one) !== JSON.stringify(variables));
    for (const other of others) expect(digestOf(PAY, variables)).not.toBe(digestOf(PAY, other));
  });

  test('which variables have which values, and nothing can be moved from one to the other', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const query = 'mutation ($a: A, $b: B) { pay(a: $a, b: $b) }';
        expect(digestOf(query, { a: one, b: other })).not.toBe(digestOf(query, { a: other, b: one }));
      }),
    );
  });
});

test('is null for an operation that is not there: nothing is good for it', () => {
  expect(digestOf('mutation A { a } mutation B { b }')).toBeNull();
  expect(digestOf('mutation A { a }', {}, 'B')).toBeNull();
  expect(digestOf('fragment F on T { a }')).toBeNull();
});
