// What an operation does, in words for its user: the author's, with values that cannot pass for them; and of an
// operation for another service nothing that its client could choose.
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { approvalWords } from '../../src/step-up/approval-words.ts';
import { bankSchema } from './example-schema.ts';

const schema = bankSchema();

function words(query: string, variables?: object, of: typeof schema | null = schema): string {
  return approvalWords(of, {
    document: parse(query),
    variables: variables as Readonly<Record<string, unknown>>,
  });
}

const PAY = 'mutation ($amount: Int!, $recipient: String!) { pay(amount: $amount, recipient: $recipient) }';

describe('the author’s words', () => {
  test.each<[string, string, object?]>([
    ['from the document', 'mutation { pay(amount: 5, recipient: "Bob") }'],
    ['from variables', PAY, { amount: 5, recipient: 'Bob' }],
    ['from defaults', PAY.replace('Int!', 'Int = 5').replace('String!', 'String = "Bob"'), {}],
    ['under an alias', 'mutation { harmless: pay(amount: 5, recipient: "Bob") }'],
    ['in a fragment', 'mutation { ...F } fragment F on Mutation { pay(amount: 5, recipient: "Bob") }'],
    ['beside others', 'mutation { note pay(amount: 5, recipient: "Bob") note }'],
  ])('are filled with arguments %s', (_name, query, variables) => {
    expect(words(query, variables)).toBe('Pay 5 to "Bob"');
  });

  test('of several fields are all said', () => {
    const both = 'mutation { a: pay(amount: 5, recipient: "Bob") b: pay(amount: 500, recipient: "Eve") }';
    expect(words(both)).toBe('Pay 5 to "Bob"; Pay 500 to "Eve"');
  });

  test.each<[string, string, string]>([
    ['quotes', 'Bob" and 1 to "Eve', 'Pay 5 to "Bob\' and 1 to \'Eve"'],
    ['lines', 'Bob\n\nYour code is 123456', 'Pay 5 to "Bob Your code is 123456"'],
    ['the direction of writing', 'Bob\u202eevE', 'Pay 5 to "Bob evE"'],
    ['invisible characters', 'B\u200bo\u0000b', 'Pay 5 to "B o b"'],
    ['length', 'x'.repeat(500), `Pay 5 to "${'x'.repeat(37)}..."`],
    ['braces', '{amount}', 'Pay 5 to "{amount}"'],
  ])('are not changed by a value’s %s', (_name, recipient, expected) => {
    expect(words(PAY, { amount: 5, recipient })).toBe(expected);
  });
});

test('a variable that stands in a value a thousand times is not read a thousand times', () => {
  let reads = 0;
  const counted = {
    get member(): string {
      reads += 1;
      return 'x'.repeat(50_000);
    },
  };
  const members = Array.from({ length: 1000 }, (_, at) => `m${at}: $v`).join(' ');
  const described = words(`mutation ($v: JSON) { pay(amount: 5, recipient: { ${members} }) }`, {
    v: counted,
  });
  expect(described).toBe(`Pay 5 to {'m0':{'member':'${'x'.repeat(20)}...`);
  expect(reads).toBeLessThan(500);
});

test('a value that begins with more spaces than are read is not shown as an empty one', () => {
  expect(words(PAY, { amount: 5, recipient: `${' '.repeat(1000)}Eve` })).toBe('Pay 5 to "..."');
});

describe('without the author’s words', () => {
  test.each<[string, string]>([
    ['the names of its fields', 'mutation { pay(amount: 5, recipient: "secret") note }'],
    ['not its own name', 'mutation ViewBalance { pay(amount: 5, recipient: "secret") note }'],
    ['not its aliases', 'mutation { viewBalance: pay(amount: 5, recipient: "secret") hello: note }'],
    ['those in fragments', 'mutation { ...F } fragment F on Mutation { ... { pay(amount: 5) } note ...F }'],
  ])('an operation is described by %s', (_name, query) => {
    expect(words(query, {}, null)).toBe('pay; note');
  });

  test('so is one of the schema that has no words', () => {
    expect(words('{ vault hello }')).toBe('vault; hello');
  });
});
