// The bank in SDL, with each directive in the places where an author would write it.
import { makeExecutableSchema } from '@graphql-tools/schema';
import {
  buildSchema,
  type GraphQLDirective,
  type GraphQLObjectType,
  GraphQLSchema,
  graphql,
  isInterfaceType,
  isObjectType,
  lexicographicSortSchema,
  parse,
  printSchema,
  subscribe,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { guardsOf } from '../../src/step-up/guard.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { authContextOf, type BankContext, bankSchema, caller, nobody } from './example-schema.ts';

const TYPES = `
  interface Account { id: ID balance: Int @stepUp(maxAge: 300) }
  interface Sealed @stepUp(accept: [BACKUP_CODE, TOTP]) { text: String }
  type Checking implements Account { id: ID balance: Int overdraft: Int }
  type Savings implements Account { id: ID balance: Int interest: Float @authenticated }
  type Testament implements Sealed { text: String heirs: Int }
  type Report @requiresRole(role: ADMIN) { title: String losses: Int @stepUp(require: STRONGEST_ENROLLED) }
  type Leaflet { title: String }
  union Paper = Leaflet | Report
  type Client { name: String pin: String @stepUp(maxAge: 60, accept: [TOTP]) }
  type Query {
    hello(name: String = "world"): String
    client: Client @authenticated
    accounts: [Account!]
    sealed: [Sealed!]
    papers: [Paper!]
    strict: String @stepUp @requiresRole(role: ADMIN)
  }
  type Mutation { close(term: String = "now"): String @stepUp(maxAge: 120) }
  type Subscription { alarms: Int @stepUp(maxAge: 30) ticks: Int }
  extend type Client @stepUp(maxAge: 1000) { note: String }
`;

const ran: string[] = [];

const RESOLVERS = {
  Account: { __resolveType: (it: { kind: string }) => it.kind },
  Sealed: { __resolveType: () => 'Testament' },
  Paper: { __resolveType: (it: { kind: string }) => it.kind },
  Query: {
    hello: (_root: unknown, { name }: { name: string }) => `Hello ${name}`,
    client: () => ({ name: 'Ada', pin: '1234', note: 'none' }),
    accounts: () => [
      { kind: 'Checking', id: 'c1', balance: 100, overdraft: 50 },
      { kind: 'Savings', id: 's1', balance: 200, interest: 0.5 },
    ],
    sealed: () => [{ text: 'sealed', heirs: 3 }],
    papers: () => [
      { kind: 'Leaflet', title: 'Leaflet' },
      { kind: 'Report', title: 'Report', losses: 7 },
    ],
    strict: () => 'strict',
  },
  Mutation: {
    close: (_root: unknown, { term }: { term: string }) => {
      ran.push(term);
      return term;
    },
  },
  Subscription: {
    alarms: {
      subscribe: async function* () {
        ran.push('alarms');
        yield { alarms: 1 };
      },
    },
    ticks: {
      subscribe: async function* () {
        yield { ticks: 1 };
      },
    },
  },
};

const plain = (types = TYPES): GraphQLSchema =>
  makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), types], resolvers: RESOLVERS });
const transform = stepUpTransformer({ authContext: authContextOf });
const schema = transform(plain());

async function ask(who: Presented, source: string, on = schema) {
  const context: BankContext = { caller: () => who, ran };
  const { data, errors = [] } = await graphql({ schema: on, source, contextValue: context });
  return {
    data: JSON.parse(JSON.stringify(data ?? null)) as unknown,
    refused: Object.fromEntries(errors.map((one) => [one.path?.join('.'), one.extensions['code']])),
  };
}

describe('in an SDL schema', () => {
  test('unguarded fields are open, arguments keep their defaults, and the schema keeps its definitions', async () => {
    expect(await ask(nobody(), '{ hello }')).toEqual({ data: { hello: 'Hello world' }, refused: {} });
    expect(printSchema(schema)).toBe(printSchema(plain()));
  });

  test('a field is guarded, with the defaults of the directive', async () => {
    expect((await ask(caller({ TOTP: 600 }), 'mutation { close }')).refused).toEqual({
      close: 'STEP_UP_REQUIRED',
    });
    expect(await ask(caller({ TOTP: 120 }), 'mutation { close }')).toEqual({
      data: { close: 'now' },
      refused: {},
    });
    const [, guard] = guardsOf(schema.getQueryType() as GraphQLObjectType, 'strict');
    expect(guard).toMatchObject({ requirement: { maxAge: 600, require: 'SECOND_FACTOR' } });
  });

  test('a guard on a type protects every field of the type and its extensions', async () => {
    const { data, refused } = await ask(
      caller(),
      '{ papers { __typename ... on Report { title } ... on Leaflet { title } } client { name note } }',
    );
    expect(data).toEqual({
      papers: [
        { __typename: 'Leaflet', title: 'Leaflet' },
        { __typename: 'Report', title: null },
      ],
      client: { name: null, note: null },
    });
    expect(refused).toEqual({
      'papers.1.title': 'FORBIDDEN',
      'client.name': 'STEP_UP_REQUIRED',
      'client.note': 'STEP_UP_REQUIRED',
    });
  });

  test('a guard on an interface or its fields protects every implementing type', async () => {
    const query =
      '{ accounts { id balance ... on Checking { again: balance } ... on Savings { interest } } sealed { text ... on Testament { heirs } } }';
    const { refused } = await ask(nobody(), query);
    expect(Object.keys(refused).toSorted()).toEqual([
      'accounts.0.again',
      'accounts.0.balance',
      'accounts.1.balance',
      'accounts.1.interest',
      'sealed.0.text',
    ]);
    expect((await ask(caller({ TOTP: 10 }), query)).refused).toEqual({});
  });

  test('a subscription is refused before it starts', async () => {
    const run = (who: Presented, document: string) =>
      subscribe({ schema, document: parse(document), contextValue: { caller: () => who, ran } });
    ran.length = 0;
    expect(await run(caller({ TOTP: 31 }), 'subscription { alarms }')).toMatchObject({
      errors: [{ extensions: { code: 'STEP_UP_REQUIRED' } }],
    });
    expect(ran).toEqual([]);
    expect(Symbol.asyncIterator in (await run(caller({ TOTP: 30 }), 'subscription { alarms }'))).toBe(true);
    expect(Symbol.asyncIterator in (await run(nobody(), 'subscription { ticks }'))).toBe(true);
  });

  test('the normalised arguments are in the extensions of the field or type', () => {
    const { pin } = (schema.getType('Client') as GraphQLObjectType).getFields();
    expect(pin?.extensions['directives']).toEqual({
      stepUp: {
        maxAge: 60,
        accept: ['TOTP'],
        require: 'SECOND_FACTOR',
        bind: 'SESSION',
        describe: null,
        minFactorAge: 0,
      },
    });
    expect(schema.getType('Report')?.extensions['directives']).toEqual({ requiresRole: { role: 'ADMIN' } });
  });

  test('the original schema is not changed', async () => {
    const given = plain();
    transform(given);
    expect((await ask(nobody(), '{ strict }', given)).data).toEqual({ strict: 'strict' });
  });
});

/** Every resolver of a schema, by field. */
function resolvers(of: GraphQLSchema): Record<string, unknown> {
  return Object.fromEntries(
    Object.values(of.getTypeMap())
      .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
      .flatMap((type) =>
        Object.values((type as GraphQLObjectType).getFields()).flatMap((field) => [
          [`${type.name}.${field.name}`, field.resolve],
          [`${type.name}.${field.name}:subscribe`, field.subscribe],
        ]),
      ),
  ) as Record<string, unknown>;
}

describe('guards are not added twice', () => {
  test('when a schema is transformed twice', () => {
    expect(resolvers(transform(schema))).toEqual(resolvers(schema));
  });

  test('when Pothos has guarded it', () => {
    const pothos = bankSchema();
    expect(resolvers(transform(pothos))).toEqual(resolvers(pothos));
  });

  test('but a new guard is added', async () => {
    const more = makeExecutableSchema({
      typeDefs: [stepUpTypeDefs(), 'type Query { one: Int @stepUp(maxAge: 500) }'],
      resolvers: { Query: { one: () => 1 } },
    });
    const once = transform(more);
    const { one } = (once.getQueryType() as GraphQLObjectType).getFields();
    if (one === undefined) throw new Error('There is no such field.');
    one.extensions = { directives: { stepUp: [{ maxAge: 20 }] } };
    const twice = transform(once);
    expect((await ask(caller({ TOTP: 19 }), '{ one }', twice)).refused).toEqual({});
    expect((await ask(caller({ TOTP: 21 }), '{ one }', twice)).refused).toEqual({ one: 'STEP_UP_REQUIRED' });
  });
});

describe('building a schema fails for', () => {
  test.each<[string, string, RegExp]>([
    ['an invalid number of seconds', '@stepUp(maxAge: 0)', /@stepUp on Query\.x: maxAge/],
    ['a factor that is not a second factor', '@stepUp(accept: [PASSWORD])', /@stepUp on Query\.x: accept/],
    ['no factor at all', '@stepUp(accept: [])', /@stepUp on Query\.x: accept/],
  ])('%s', (_what, directive, message) => {
    const typeDefs = [stepUpTypeDefs(), `type Query { x: Int ${directive} }`];
    expect(() => transform(makeExecutableSchema({ typeDefs }))).toThrow(message);
  });

  test('an unknown role, even if nothing else has validated the SDL', () => {
    const sdl = `${stepUpTypeDefs()} type Query { x: Int @requiresRole(role: OWNER) y: Int @stepUp(maximumAge: 5) }`;
    const unchecked = buildSchema(sdl, { assumeValidSDL: true });
    expect(() => transform(unchecked)).toThrow(/OWNER is not|unknown argument maximumAge/);
  });
});

describe('custom roles', () => {
  const typeDefs = [
    stepUpTypeDefs({ role: 'Permission' }),
    'enum Permission { READ WRITE } type Query { x: Int @requiresRole(role: WRITE) }',
  ];

  test('are compared by their names in the schema, not by their internal values', async () => {
    const own = transform(
      makeExecutableSchema({
        typeDefs,
        resolvers: { Permission: { READ: 1, WRITE: 2 }, Query: { x: () => 5 } },
      }),
    );
    expect((await ask(caller({}, { roles: ['WRITE'] }), '{ x }', own)).data).toEqual({ x: 5 });
    expect((await ask(caller({}, { roles: ['READ'] }), '{ x }', own)).refused).toEqual({ x: 'FORBIDDEN' });
  });

  test('replace our Role enum', () => {
    expect(makeExecutableSchema({ typeDefs }).getType('Role')).toBeUndefined();
    expect(plain().getType('Role')).toBeDefined();
  });
});

test('the SDL definitions equal those of a schema that is built in code', () => {
  const ours = lexicographicSortSchema(buildSchema(`${stepUpTypeDefs()} type Query { x: Int }`));
  const directives = (of: GraphQLSchema) =>
    of.getDirectives().filter((one) => ['stepUp', 'authenticated', 'requiresRole'].includes(one.name));
  expect(directives(ours).map(printDirectiveOf)).toEqual(directives(bankSchema()).map(printDirectiveOf));
});

/** Without the roles, which each schema defines itself. */
function printDirectiveOf(directive: GraphQLDirective): string {
  return printSchema(new GraphQLSchema({ directives: [directive] })).replace(/enum Role \{[^}]*\}/, '');
}
