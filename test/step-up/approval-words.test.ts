// The description that a user sees before approving an operation: the author's words, with values that cannot pass for
// them. For an operation of another service it contains nothing that the client could choose.
import { makeExecutableSchema } from '@graphql-tools/schema';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { approvalWords } from '../../src/step-up/approval-words.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { authContextOf, bankSchema } from './example-schema.ts';

const schema = bankSchema();

function words(query: string, variables?: object, of: typeof schema | null = schema): string {
  return approvalWords(of, {
    document: parse(query),
    variables: variables as Readonly<Record<string, unknown>>,
  });
}

const PAY = 'mutation ($amount: Int!, $recipient: String!) { pay(amount: $amount, recipient: $recipient) }';

describe('the description of an operation with `describe`', () => {
  test.each<[string, string, object?]>([
    ['in the document', 'mutation { pay(amount: 5, recipient: "Bob") }'],
    ['in variables', PAY, { amount: 5, recipient: 'Bob' }],
    ['in the defaults of variables', PAY.replace('Int!', 'Int = 5').replace('String!', 'String = "Bob"'), {}],
    ['of a field with an alias', 'mutation { harmless: pay(amount: 5, recipient: "Bob") }'],
    [
      'of a field in a fragment',
      'mutation { ...F } fragment F on Mutation { pay(amount: 5, recipient: "Bob") }',
    ],
    ['of a field next to others', 'mutation { note pay(amount: 5, recipient: "Bob") note }'],
  ])('contains arguments %s', (_name, query, variables) => {
    expect(words(query, variables)).toBe('Pay 5 to "Bob"');
  });

  test('covers every field that has one', () => {
    const both = 'mutation { a: pay(amount: 5, recipient: "Bob") b: pay(amount: 500, recipient: "Eve") }';
    expect(words(both)).toBe('Pay 5 to "Bob"; Pay 500 to "Eve"');
  });

  test.each<[string, string, string]>([
    ['quotes', 'Bob" and 1 to "Eve', 'Pay 5 to "Bob\' and 1 to \'Eve"'],
    ['lines', 'Bob\n\nYour code is 123456', 'Pay 5 to "Bob Your code is 123456"'],
    ['marks of text direction', 'Bob\u202eevE', 'Pay 5 to "Bob evE"'],
    ['invisible characters', 'B\u200bo\u0000b', 'Pay 5 to "B o b"'],
    ['length', 'x'.repeat(500), `Pay 5 to "${'x'.repeat(37)}..."`],
    ['braces', '{amount}', 'Pay 5 to "{amount}"'],
  ])('is not changed by a value with %s', (_name, recipient, expected) => {
    expect(words(PAY, { amount: 5, recipient })).toBe(expected);
  });

  test('shows a dash for a missing or null value', () => {
    expect(words('mutation { pay(amount: 5) }')).toBe('Pay 5 to -');
    expect(words(PAY, { amount: 5, recipient: null })).toBe('Pay 5 to -');
  });

  test('shows members of an argument, and a dash for inherited properties', () => {
    const say = (name: string): string => {
      const sdl = `input To { name: String }
        type Query { send(to: To): Int @stepUp(bind: OPERATION, describe: "Send to {to.name}, {${name}}") }`;
      const made = makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), sdl] });
      const schema = stepUpTransformer({ authContext: authContextOf })(made);
      return words('query ($to: To) { send(to: $to) }', { to: { name: 'Bob' } }, schema);
    };
    expect(say('to.name')).toBe('Send to "Bob", "Bob"');
    for (const name of ['constructor', 'to.constructor', 'to.toString', 'to.name.length', 'to.name.x.y']) {
      expect(say(name)).toBe('Send to "Bob", -');
    }
  });
});

test('a variable that a value uses a thousand times is not read a thousand times', () => {
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

test('a value that begins with many spaces is not shown as an empty one', () => {
  expect(words(PAY, { amount: 5, recipient: `${' '.repeat(1000)}Eve` })).toBe('Pay 5 to "..."');
});

describe('without `describe`,', () => {
  test.each<[string, string]>([
    ['by the names of its fields', 'mutation { pay(amount: 5, recipient: "secret") note }'],
    ['not by its operation name', 'mutation ViewBalance { pay(amount: 5, recipient: "secret") note }'],
    ['not by its aliases', 'mutation { viewBalance: pay(amount: 5, recipient: "secret") hello: note }'],
    [
      'by the names of fields in fragments',
      'mutation { ...F } fragment F on Mutation { ... { pay(amount: 5) } note ...F }',
    ],
    ['without an undefined fragment', 'mutation { ...F pay(amount: 5) note }'],
  ])('an operation is described %s', (_name, query) => {
    expect(words(query, {}, null)).toBe('pay; note');
  });

  test('an operation that the document does not contain has no description', () => {
    expect(words('mutation A { pay(amount: 5) } mutation B { note }', {}, null)).toBe('');
  });

  test('a long list of field names is truncated', () => {
    const names = Array.from({ length: 100 }, (_, at) => `field${at}`);
    const described = words(`mutation { ${names.join(' ')} }`, {}, null);
    expect(described).toHaveLength(200);
    expect(described).toMatch(/^field0; field1; .*\.\.\.$/);
  });

  test('an operation is described by field names even if its schema is known', () => {
    expect(words('{ vault hello }')).toBe('vault; hello');
  });
});
