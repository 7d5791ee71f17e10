// The digest of an operation is the same for the same operation and arguments, and different for any other.
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

test('the digest of an operation is SHA-256 in base64url, and the same in every process', () => {
  expect(digestOf('{ a }')).toMatch(/^[\w-]{43}$/);
  expect(digestOf('{ a }')).toMatchInlineSnapshot(`"B7eSjJKbzwMRoAFfXTD0h2PM2G-MpjUYvjuZ3ccDttY"`);
  expect(digestOf(PAY, VALUES)).toMatchInlineSnapshot(`"tbmuSaPiLoKAxmmYNgc3TzjQX58cqidzgm7cGBQE9rU"`);
});

describe('the digest of an operation does not depend on', () => {
  test.each<[string, string]>([
    ['layout', stripIgnoredCharacters(PAY)],
    ['the layout of the printed document', print(parse(PAY))],
    ['comments', `# Pay.\n${PAY} # That is all.`],
    [
      'the order of arguments',
      'mutation ($amount: Int!, $to: To = { name: "Bob" }) { pay(to: $to, amount: $amount) { id } }',
    ],
    [
      'the order in which variables are declared',
      'mutation ($to: To = { name: "Bob" }, $amount: Int!) { pay(to: $to, amount: $amount) { id } }',
    ],
    ['the notation of a string', PAY.replace('"Bob"', '"""Bob"""')],
    ['unused fragments', `${PAY} fragment F on Payment { id }`],
  ])('%s', (_name, query) => {
    expect(digestOf(query, VALUES)).toBe(digestOf(PAY, VALUES));
  });

  test('other operations in the document, or whether the only one is named', () => {
    expect(digestOf('mutation A { a } query B { b }', {}, 'A')).toBe(digestOf('mutation A { a }'));
    expect(digestOf('mutation A { a }', {}, 'A')).toBe(digestOf('mutation A { a }'));
  });

  test('the order of fragments or object members', () => {
    const [one, other] = ['fragment A on T { a }', 'fragment B on T { b(in: { x: 1, y: 2 }) }'];
    expect(digestOf(`{ ...A ...B } ${other} ${one}`)).toBe(
      digestOf(`{ ...A ...B } ${one} ${other.replace('x: 1, y: 2', 'y: 2, x: 1')}`),
    );
  });

  test('the order of members in variables, at any depth, or on undeclared variables', () => {
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

describe('the digest of an operation depends on', () => {
  test.each<[string, string]>([
    ['the kind of operation', PAY.replace('mutation', 'query')],
    ['its name', PAY.replace('mutation', 'mutation Pay')],
    ['its fields', PAY.replace('pay(', 'payTwice(')],
    ['the selected fields', PAY.replace('{ id }', '{ id amount }')],
    ['an alias', PAY.replace('pay(', 'a: pay(')],
    ['a directive', PAY.replace('{ id }', '@include(if: true) { id }')],
    ['an argument', PAY.replace('amount: $amount', 'amount: 5')],
    ['a default', PAY.replace('Bob', 'Eve')],
    ['the type of a variable', PAY.replace('Int!', 'Int')],
    [
      'how often a field is selected',
      PAY.replace('{ id } }', '{ id } pay(amount: $amount, to: $to) { id } }'),
    ],
  ])('%s', (_name, query) => {
    expect(digestOf(query, VALUES)).not.toBe(digestOf(PAY, VALUES));
  });

  test('the order of fields', () => {
    expect(digestOf('mutation { a b }')).not.toBe(digestOf('mutation { b a }'));
  });

  test('the fields in a fragment, also in a nested one', () => {
    const query = '{ ...A } fragment A on T { ...B } fragment B on T { b }';
    expect(digestOf(query)).not.toBe(digestOf(query.replace('{ b }', '{ c }')));
  });

  test.each<[string, object]>([
    ['another value', { ...VALUES, amount: 6 }],
    ['a string for a number', { ...VALUES, amount: '5' }],
    ['a value inside', { ...VALUES, to: { ...VALUES.to, name: 'Eve' } }],
    ['the order of a list', { ...VALUES, to: { ...VALUES.to, iban: ['y', 'x'] } }],
    ['an omitted variable', { amount: 5 }],
    ['null for that variable', { amount: 5, to: null }],
    ['its default, sent explicitly', { amount: 5, to: { name: 'Bob' } }],
  ])('variables: %s', (_name, variables) => {
    const others = [
      VALUES,
      { amount: 5 },
      { amount: 5, to: null },
      { amount: 5, to: { name: 'Bob' } },
    ].filter((one) => JSON.stringify(one) !== JSON.stringify(variables));
    for (const other of others) expect(digestOf(PAY, variables)).not.toBe(digestOf(PAY, other));
  });

  test('which variable has which value, so that values cannot be swapped between variables', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const query = 'mutation ($a: A, $b: B) { pay(a: $a, b: $b) }';
        expect(digestOf(query, { a: one, b: other })).not.toBe(digestOf(query, { a: other, b: one }));
      }),
    );
  });
});

test('the digest of an operation that does not exist is null', () => {
  expect(digestOf('mutation A { a } mutation B { b }')).toBeNull();
  expect(digestOf('mutation A { a }', {}, 'B')).toBeNull();
  expect(digestOf('fragment F on T { a }')).toBeNull();
});
