// A guard belongs to its field: assigning a resolver later does not remove the guard. If a library makes a copy of the
// schema instead, the copy is not served without guards.
import { addResolversToSchema, makeExecutableSchema } from '@graphql-tools/schema';
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  type GraphQLObjectType,
  type GraphQLSchema,
  graphql,
  lexicographicSortSchema,
  parse,
  subscribe,
} from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { assertGuarded } from '../../src/step-up/assert-guarded.ts';
import { refuseMutation } from '../../src/step-up/refuse-mutation.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { UnguardedError } from '../../src/step-up/unguarded-error.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { authContextOf, bankSchema, caller, nobody } from './example-schema.ts';

const TYPES = `
  type User { name: String iban: String @stepUp }
  type Query { user: User }
  type Mutation { pay: Int @stepUp }
  type Subscription { alarms: Int @stepUp }
`;
const RESOLVERS = {
  Query: { user: () => ({ name: 'Ada' }) },
  Mutation: { pay: () => 1 },
  User: { iban: () => 'secret' },
};
const unguarded = (): GraphQLSchema =>
  makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), TYPES], resolvers: RESOLVERS });
const transform = stepUpTransformer({ authContext: authContextOf });

const strong = { caller: () => caller({ TOTP: 5 }), ran: [] };
const anonymous = { caller: () => nobody(), ran: [] };

async function iban(schema: GraphQLSchema, contextValue: object) {
  const { data, errors = [] } = await graphql({ schema, source: '{ user { iban } }', contextValue });
  const { user } = JSON.parse(JSON.stringify(data ?? null)) ?? {};
  return { iban: user?.iban, codes: errors.map((one) => one.extensions['code']) };
}

function fieldsOf(schema: GraphQLSchema, type: string) {
  return (schema.getType(type) as GraphQLObjectType).getFields();
}

describe('a resolver that is assigned after the guards is guarded when', () => {
  test.each<[string, (schema: GraphQLSchema) => void]>([
    [
      'it is assigned to the field',
      (schema) => {
        const { iban: field } = fieldsOf(schema, 'User');
        if (field) field.resolve = () => 'assigned';
      },
    ],
    [
      'a copy of the field is assigned',
      (schema) => {
        const fields = fieldsOf(schema, 'User');
        fields['iban'] = { ...fields['iban'], resolve: () => 'assigned' } as never;
      },
    ],
    [
      'it is assigned twice, wrapping the previous one',
      (schema) => {
        for (const _ of [1, 2]) {
          const { iban: field } = fieldsOf(schema, 'User');
          const before = field?.resolve;
          if (field && before)
            field.resolve = (...all) => String(before(...all)).replace('secret', 'assigned');
        }
      },
    ],
    [
      'a library changes the schema in place',
      (schema) =>
        void addResolversToSchema({
          schema,
          resolvers: { User: { iban: () => 'assigned' } },
          updateResolversInPlace: true,
        }),
    ],
  ])('%s', async (_name, assign) => {
    const schema = transform(unguarded());
    assign(schema);
    expect(await iban(schema, anonymous)).toEqual({ iban: null, codes: ['UNAUTHENTICATED'] });
    expect(await iban(schema, strong)).toEqual({ iban: 'assigned', codes: [] });
    expect(() => assertGuarded(schema)).not.toThrow();
  });

  test('the field’s resolver is removed', async () => {
    const schema = transform(unguarded());
    const { iban: field } = fieldsOf(schema, 'User');
    if (field) Object.assign(field, { resolve: undefined });
    expect((await iban(schema, anonymous)).codes).toEqual(['UNAUTHENTICATED']);
  });

  test('it is the source of a subscription', async () => {
    const schema = transform(unguarded());
    const fields = fieldsOf(schema, 'Subscription');
    let isOpened = false;
    const source = async function* () {
      isOpened = true;
      yield { alarms: 1 };
    };
    fields['alarms'] = { ...fields['alarms'], subscribe: source } as never;
    const document = parse('subscription { alarms }');
    const refused = await subscribe({ schema, document, contextValue: anonymous });
    expect(refused).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(isOpened).toBe(false);
    expect(Symbol.asyncIterator in (await subscribe({ schema, document, contextValue: strong }))).toBe(true);
  });

  test('it is assigned in a copy of the schema that has been checked with `assertGuarded`', async () => {
    const schema = lexicographicSortSchema(bankSchema());
    assertGuarded(schema);
    const { pin } = fieldsOf(schema, 'Client');
    if (pin) pin.resolve = () => 'assigned';
    const source = '{ clients(count: 1) { pin } }';
    const { errors } = await graphql({ schema, source, contextValue: anonymous });
    expect(errors?.map((one) => one.extensions['code'])).toEqual(['UNAUTHENTICATED']);
  });
});

describe('a schema with directives that nothing enforces:', () => {
  const copies: [string, () => GraphQLSchema][] = [
    ['a schema that was never transformed', unguarded],
    [
      'a copy with different resolvers',
      () =>
        addResolversToSchema({
          schema: transform(unguarded()),
          resolvers: { User: { iban: () => 'assigned' } },
        }),
    ],
    [
      'a copy whose resolvers were wrapped',
      () =>
        mapSchema(transform(unguarded()), {
          [MapperKind.OBJECT_FIELD]: (field) => ({ ...field, resolve: () => 'wrapped' }),
        }),
    ],
    [
      'a copy of a Pothos schema with different resolvers',
      () => {
        const schema = bankSchema();
        const { pin } = fieldsOf(schema, 'Client');
        if (pin) pin.resolve = () => 'assigned';
        return schema;
      },
    ],
    [
      'a schema whose guard is set in code',
      () => {
        const schema = makeExecutableSchema({ typeDefs: 'type Query { a: Int }' });
        const { a } = fieldsOf(schema, 'Query');
        if (a) a.extensions = { directives: { authenticated: {} } };
        return schema;
      },
    ],
  ];

  test.each(copies)('`assertGuarded` rejects %s', (_name, make) => {
    expect(() => assertGuarded(make())).toThrow(UnguardedError);
  });

  test.each(copies)('`useStepUp` rejects %s when the server is created', (_name, make) => {
    expect(() => createYoga({ schema: make(), plugins: [useStepUp(authContextOf)] })).toThrow(UnguardedError);
  });

  test.each(copies)('`refuseMutation` rejects %s at the first operation', (_name, make) => {
    const operation = { schema: make(), document: parse('{ __typename }') };
    expect(() => refuseMutation(operation, strong, authContextOf)).toThrow(UnguardedError);
  });

  test.each(copies.slice(0, 3))('transforming %s makes it servable', async (_name, make) => {
    const schema = transform(make());
    expect(() => assertGuarded(schema)).not.toThrow();
    expect((await iban(schema, anonymous)).codes).toEqual(['UNAUTHENTICATED']);
  });

  test('a server rejects one that it loads later', async () => {
    const yoga = createYoga({
      schema: async () => unguarded(),
      plugins: [useStepUp(authContextOf)],
      logging: false,
    });
    const response = await yoga.fetch('http://bank.test/graphql?query={user{iban}}');
    expect(await response.text()).not.toContain('secret');
    expect(response.status).toBe(500);
  });

  test('a copy with a replaced subscription source is rejected', () => {
    const copy = mapSchema(transform(unguarded()), {
      [MapperKind.SUBSCRIPTION_ROOT_FIELD]: (field) => ({ ...field, subscribe: async function* () {} }),
    });
    expect(() => assertGuarded(copy)).toThrow('@stepUp on Subscription.alarms');
  });

  test('the error names the field and says what to do', () => {
    expect(() => assertGuarded(unguarded())).toThrow(
      '@stepUp on User.iban does not protect User.iban (and 2 more). Apply stepUpTransformer to the schema after all other code that adds or wraps resolvers.',
    );
  });

  test.each([
    [1, 'x: Int @stepUp'],
    [2, 'x: Int @stepUp y: Int @stepUp'],
  ])('the error counts the other unguarded fields, of %i', (count, fields) => {
    const typeDefs = [stepUpTypeDefs(), `type Query { ${fields} }`];
    const more = count === 1 ? '' : ' (and 1 more)';
    expect(() => assertGuarded(makeExecutableSchema({ typeDefs }))).toThrow(
      `does not protect Query.x${more}. Apply`,
    );
  });

  test('a schema that the plugin first sees with an operation is not served', () => {
    const { onExecute } = useStepUp(authContextOf);
    const args = { schema: unguarded(), document: parse('{ user { iban } }'), contextValue: anonymous };
    const setResultAndStopExecution = (): void => {};
    expect(() => onExecute({ args, setResultAndStopExecution })).toThrow(UnguardedError);
  });

  test('a schema without guards is served', () => {
    expect(() =>
      assertGuarded(makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), 'type Query { a: Int }'] })),
    ).not.toThrow();
  });
});
