// A schema may rename the guards: with a prefix, next to another directive of the same name, or with `@link`. The
// guards work under any name, and another library's directive with one of their names is not a guard.
import { makeExecutableSchema } from '@graphql-tools/schema';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import SchemaBuilder from '@pothos/core';
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, graphql, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { assertGuarded } from '../../src/step-up/assert-guarded.ts';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { namesInDocument, namesInSchema } from '../../src/step-up/guard-names.ts';
import { stepUpPlugin } from '../../src/step-up/pothos/index.ts';
import { refuseMutation } from '../../src/step-up/refuse-mutation.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { UnguardedError } from '../../src/step-up/unguarded-error.ts';
import { authContextOf, type BankContext, caller, nobody } from './example-schema.ts';

const transform = stepUpTransformer({ authContext: authContextOf });
const QUERY = '{ a b c d }';
const rootValue = { a: 1, b: 1, c: 1, d: 1 };

/** The error code of each refused field. */
async function refused(schema: GraphQLSchema, who: Presented, source = QUERY): Promise<object> {
  const contextValue: BankContext = { caller: () => who, ran: [] };
  const { errors = [], data } = await graphql({ schema, source, rootValue, contextValue });
  expect(data).toBeTruthy();
  return Object.fromEntries(errors.map((one) => [one.path?.join('.'), one.extensions['code']]));
}

const ALL = { a: 'UNAUTHENTICATED', b: 'UNAUTHENTICATED', c: 'UNAUTHENTICATED' };

describe('guards with a prefix', () => {
  const types = `type Query {
    a: Int @sg_stepUp(maxAge: 60)  b: Int @sg_authenticated  c: Int @sg_requiresRole(role: ADMIN)  d: Int
  }`;
  const made = (sdl = types): GraphQLSchema =>
    makeExecutableSchema({ typeDefs: [stepUpTypeDefs({ prefix: 'sg_' }), sdl] });

  test('protect the fields of an SDL schema', async () => {
    expect(await refused(transform(made()), nobody())).toEqual(ALL);
    const admin = caller({ TOTP: 61 }, { roles: ['ADMIN'] });
    expect(await refused(transform(made()), admin)).toEqual({ a: 'STEP_UP_REQUIRED' });
  });

  test('are reported if nothing enforces them', () => {
    expect(() => assertGuarded(made())).toThrow(UnguardedError);
    expect(() => assertGuarded(transform(made()))).not.toThrow();
  });

  test('refuse a mutation as a whole', () => {
    const schema = transform(made(`${types} type Mutation { x: Int @sg_stepUp y: Int }`));
    const context = { caller: () => caller(), ran: [] };
    const operation = { schema, document: parse('mutation { y x }') };
    const errors = refuseMutation(operation, context, authContextOf);
    expect(errors.map((one) => one.path)).toEqual([['x']]);
  });

  test('do not react to another directive with the unprefixed name', async () => {
    const other = `directive @authenticated(by: String) on FIELD_DEFINITION
      type Query { a: Int @authenticated(by: "router")  b: Int @sg_authenticated  c: Int  d: Int }`;
    expect(await refused(transform(made(other)), nobody())).toEqual({ b: 'UNAUTHENTICATED' });
  });

  test('work under both names, if a schema has both', async () => {
    const schema = transform(
      makeExecutableSchema({
        typeDefs: [
          stepUpTypeDefs(),
          stepUpTypeDefs({ prefix: 'sg_' }),
          'type Query { a: Int @sg_stepUp  b: Int @authenticated  c: Int @sg_authenticated  d: Int }',
        ],
      }),
    );
    expect(await refused(schema, nobody())).toEqual(ALL);
  });

  test('are printed by Pothos and protect its fields', async () => {
    const builder = new SchemaBuilder<{ Context: BankContext }>({
      plugins: [stepUpPlugin],
      stepUp: { authContext: authContextOf, prefix: 'sg_' },
    });
    const x = (guards: object) => ({ type: 'Int', nullable: true, resolve: () => 1, ...guards }) as const;
    builder.queryType({
      fields: (t) => ({
        a: t.field(x({ stepUp: { maxAge: 60 } })),
        b: t.field(x({ authenticated: true })),
        c: t.field(x({ requiresRole: 'ADMIN' })),
        d: t.field(x({ authenticated: false })),
      }),
    });
    const schema = builder.toSchema();
    expect(await refused(schema, nobody())).toEqual(ALL);
    const printed = printSchemaWithDirectives(schema);
    expect(printed).toContain('a: Int @sg_stepUp(maxAge: 60)');
    expect(printed).toContain('c: Int @sg_requiresRole(role: ADMIN)');
    expect(printed).toContain('directive @sg_authenticated repeatable on');
    expect(printed).not.toMatch(/@(authenticated|stepUp|requiresRole)/);
  });
});

describe('guards renamed with @link', () => {
  const LINK =
    'directive @link(url: String!, as: String, import: [Import]) repeatable on SCHEMA scalar Import';
  const DEFINITIONS = stepUpTypeDefs()
    .replace('directive @stepUp', 'directive @elevated')
    .replace('directive @authenticated', 'directive @signedIn')
    .replace('directive @requiresRole', 'directive @sg__requiresRole');
  const linked = (url: string) => `${LINK} ${DEFINITIONS}
    extend schema @link(url: "${url}", as: "sg", import: [
      { name: "@stepUp", as: "@elevated" }, { name: "@authenticated", as: "@signedIn" }
    ])
    type Query { a: Int @elevated  b: Int @signedIn  c: Int @sg__requiresRole(role: ADMIN)  d: Int }`;

  test.each(['https://stepgate.dev/step-up/v1.0', 'https://example.com/guards/v1.0'])(
    'protect their fields, whatever the URL of the link (%s)',
    async (url) => {
      const made = makeExecutableSchema({ typeDefs: linked(url) });
      expect(() => assertGuarded(made)).toThrow(UnguardedError);
      expect(await refused(transform(made), nobody())).toEqual(ALL);
    },
  );

  test('protect their fields if only their definition identifies them', async () => {
    const sdl = `${stepUpTypeDefs().replace('directive @stepUp', 'directive @elevated')}
      type Query { a: Int @elevated(maxAge: 60)  b: Int @authenticated  c: Int  d: Int }`;
    const schema = transform(makeExecutableSchema({ typeDefs: sdl }));
    expect(await refused(schema, caller({ TOTP: 61 }))).toEqual({ a: 'STEP_UP_REQUIRED' });
    expect(await refused(schema, nobody())).toEqual({ a: 'UNAUTHENTICATED', b: 'UNAUTHENTICATED' });
  });
});

const OWN = ['stepUp', 'authenticated', 'requiresRole'];
const GUARDS_URL = 'https://example.com/guards/v1.0';
const OURS = 'https://stepgate.dev/step-up/v1.0';

describe('a link gives the guards the names', () => {
  const linked = (args: string, more = '') =>
    namesInDocument(parse(`extend schema @link(${args}) ${more} type Query { a: Int }`));

  test.each([
    ['of its URL', `url: "${GUARDS_URL}"`, 'guards'],
    ['of a URL without a version', 'url: "https://example.com/guards"', 'guards'],
    ['of a URL that ends with a slash', `url: "${GUARDS_URL}/"`, 'guards'],
    ['of its `as`, regardless of its URL', `url: "${GUARDS_URL}", as: "g"`, 'g'],
  ])('%s', (_what, args, namespace) => {
    expect([...linked(args)]).toEqual(
      expect.arrayContaining(OWN.map((guard) => [`${namespace}__${guard}`, guard])),
    );
  });

  test('that it imports, also prefixed if the link is to our specification', () => {
    const imports = 'import: [{ name: "@sg_stepUp", as: "@elevated" }, "@sg_authenticated"]';
    const ours = linked(`url: "${OURS}", ${imports}`);
    expect([ours.get('elevated'), ours.get('sg_authenticated')]).toEqual(['stepUp', 'authenticated']);
    const others = linked(`url: "${GUARDS_URL}", ${imports}`);
    expect([others.get('elevated'), others.get('sg_authenticated')]).toEqual([undefined, undefined]);
  });

  test('and none for an invalid import', () => {
    const imports = '[null, 5, "stepUp", { name: 5 }, { as: "@x" }, { name: "@stepUp", as: "x" }, {}]';
    const names = linked(`url: "${GUARDS_URL}", as: "g", import: ${imports}`);
    expect([...names.keys()]).toEqual(OWN.flatMap((guard) => [guard, `g__${guard}`]));
  });

  test('beside directives without arguments, and parts of a schema without directives', () => {
    const names = linked(`url: "${GUARDS_URL}"`, 'directive @marked on OBJECT schema { query: Query }');
    expect(names.get('guards__stepUp')).toBe('stepUp');
  });

  test.each<[string, object]>([
    ['by its name', { link: { url: GUARDS_URL } }],
    ['one of several', { link: [{ url: 'https://specs.apollo.dev/federation/v2.6' }, { url: GUARDS_URL }] }],
    ['in a list', [{ name: 'cost' }, { name: 'link' }, { name: 'link', args: { url: GUARDS_URL } }]],
  ])('in a schema that is made by code: %s', (_how, directives) => {
    const query = new GraphQLObjectType({ name: 'Query', fields: { a: { type: GraphQLInt } } });
    const names = namesInSchema(new GraphQLSchema({ query, extensions: { directives } }));
    expect(names.get('guards__authenticated')).toBe('authenticated');
  });
});

test('Apollo’s @authenticated is a guard unless ours is imported under another name', () => {
  const apollo = '@link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@authenticated"])';
  const names = (links: string) => namesInDocument(parse(`extend schema ${links} type Query { a: Int }`));
  expect(names(apollo).get('authenticated')).toBe('authenticated');
  const beside = names(
    `${apollo} @link(url: "${OURS}", import: [{ name: "@authenticated", as: "@signedIn" }])`,
  );
  expect([beside.get('authenticated'), beside.get('signedIn')]).toEqual([undefined, 'authenticated']);
  expect(beside.get('stepUp')).toBe('stepUp');
});
