// Guards fail closed: they refuse when the auth context cannot be determined, and a schema with invalid guards is rejected.
import SchemaBuilder from '@pothos/core';
import {
  buildSchema,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  graphql,
  parse,
  subscribe,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { RequirementError } from '../../src/policy/requirement.ts';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { enforce } from '../../src/step-up/enforce.ts';
import { stepUpPlugin } from '../../src/step-up/pothos/index.ts';
import { stepUpRequirements } from '../../src/step-up/requirements.ts';
import { stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { caller, NOW, nobody } from './example-schema.ts';
import { ask } from './example-server.ts';

const fresh = caller({ TOTP: 10 });

describe('fail closed: an auth context that', () => {
  const broken: [string, () => Presented][] = [
    [
      'throws',
      () => {
        throw new Error('secret detail');
      },
    ],
    ['is a promise', (async () => fresh) as never],
    ['is undefined', () => ({ fault: null, now: NOW }) as never],
    ['is missing', (() => {}) as never],
    ['has no time', () => ({ ...fresh, now: undefined }) as never],
    ['has a time that is not a number', () => ({ ...fresh, now: Number.NaN })],
    ['has no evidence', () => ({ ...fresh, authContext: {} }) as never],
  ];
  const guarded = '{ search(term: "x") papers { ... on Report { losses } } }';

  test.each(broken)('%s lets no caller use a guarded field', async (_name, authContext) => {
    const { data, ran, text } = await ask(authContext, guarded);
    expect(data.search).toBeNull();
    expect(data.papers?.[1]).toEqual({ losses: null });
    expect(ran).toEqual([]);
    expect(text).not.toContain('secret detail');
  });

  test.each(broken.filter(([name]) => !name.includes('number') && !name.includes('evidence')))(
    '%s does not count as a signed-in user',
    async (_name, authContext) => {
      expect((await ask(authContext, '{ client { name } }')).data).toEqual({ client: null });
    },
  );

  test.each(broken)('%s lets no mutation start', async (_name, authContext) => {
    const { ran, data, status, text } = await ask(authContext, 'mutation { note close(term: "x") }');
    expect(ran).toEqual([]);
    expect(data ?? null).toBeNull();
    expect([401, 500]).toContain(status);
    expect(text).not.toContain('secret detail');
  });

  test.each(broken)('%s does not affect unguarded fields', async (_name, authContext) => {
    const answer = await ask(authContext, '{ hello }');
    expect(answer.data).toEqual({ hello: 'world' });
    expect((await ask(authContext, 'mutation { note }')).ran).toEqual(['note']);
  });
});

function schemaOf(field: Partial<GraphQLFieldConfig<unknown, unknown>>, extensions = {}) {
  const query = new GraphQLObjectType({
    name: 'Query',
    extensions,
    fields: { secret: { type: GraphQLString, resolve: () => 'secret', ...field } },
  });
  const role = new GraphQLEnumType({ name: 'Role', values: { ADMIN: {} } });
  return new GraphQLSchema({ query, types: [role] });
}

describe('directives in extensions are found', () => {
  const anonymous = (): Presented => nobody();

  test.each<[string, Record<string, unknown>, object]>([
    ['by name', { directives: { stepUp: {} } }, {}],
    ['as a list of names and arguments', { directives: [{ name: 'stepUp', args: { maxAge: 5 } }] }, {}],
    ['as a list without arguments', { directives: [{ name: 'authenticated' }] }, {}],
    ['as a list of arguments', { directives: { stepUp: [{ maxAge: 5 }] } }, {}],
    ['on the type only', {}, { directives: { authenticated: {} } }],
  ])('%s', async (_name, extensions, ofType) => {
    const schema = enforce(schemaOf({ extensions }, ofType), anonymous);
    const { data, errors } = await graphql({ schema, source: '{ secret }', contextValue: {} });
    expect(data).toEqual({ secret: null });
    expect(errors?.map((one) => one.extensions['code'])).toEqual(['UNAUTHENTICATED']);
  });

  test('when repeated, and all of them count', async () => {
    const directives = { stepUp: [{ maxAge: 600 }, { maxAge: 5 }] };
    const schema = enforce(schemaOf({ extensions: { directives } }), () => fresh);
    const { errors } = await graphql({ schema, source: '{ secret }', contextValue: {} });
    expect(errors?.map((one) => one.extensions['maxAge'])).toEqual([5]);
  });

  test.each<[string, object, Presented, boolean]>([
    ['a role as a string', { requiresRole: 'ADMIN' }, caller({}, { roles: ['ADMIN'] }), true],
    ['a role as a string, which the user lacks', { requiresRole: 'ADMIN' }, caller(), false],
    [
      'a list of roles',
      { requiresRole: ['ADMIN', { role: 'ADMIN' }] },
      caller({}, { roles: ['ADMIN'] }),
      true,
    ],
    [
      'a list in `role`',
      { requiresRole: { role: ['ADMIN', 'CLERK'] } },
      caller({}, { roles: ['ADMIN'] }),
      false,
    ],
    ['`true` for no arguments', { stepUp: true, authenticated: true }, fresh, true],
    ['null for no arguments', { stepUp: null }, caller(), false],
    ['one factor without a list', { stepUp: { accept: 'TOTP' } }, fresh, true],
    ['one factor without a list that was not proved', { stepUp: { accept: 'PHONE_CODE' } }, fresh, false],
  ])('with %s', async (_name, directives, who, passes) => {
    const given = schemaOf({ extensions: { directives } });
    const query = given.getQueryType();
    const role = new GraphQLEnumType({ name: 'Role', values: { ADMIN: {}, CLERK: {} } });
    const schema = enforce(new GraphQLSchema({ query: query ?? null, types: [role] }), () => who);
    const { data } = await graphql({ schema, source: '{ secret }', contextValue: {} });
    expect(data).toEqual({ secret: passes ? 'secret' : null });
  });

  test('and a role does not match part of a role string', async () => {
    const schema = enforce(
      schemaOf({ extensions: { directives: { requiresRole: 'ADMIN' } } }),
      ({ roles }: { roles: unknown }) => ({
        ...caller(),
        authContext: { evidence: [], enrolled: [], roles } as never,
      }),
    );
    const ask = (roles: unknown) => graphql({ schema, source: '{ secret }', contextValue: { roles } });
    expect((await ask('NO_ADMIN')).data).toEqual({ secret: null });
    expect((await ask('ADMIN')).data).toEqual({ secret: 'secret' });
    expect((await ask(undefined)).data).toEqual({ secret: null });
  });

  test('and a missing role is reported before a missing proof', async () => {
    const onField = { extensions: { directives: { requiresRole: { role: 'ADMIN' } } } };
    const schema = enforce(schemaOf(onField, { directives: { stepUp: {} } }), () => caller({ TOTP: 601 }));
    const { errors } = await graphql({ schema, source: '{ secret }', contextValue: {} });
    expect(errors?.map((one) => one.extensions['code'])).toEqual(['FORBIDDEN']);
  });

  test('next to other directives', async () => {
    const directives = [{ name: 'cost', args: { weight: 5 } }, { name: 'deprecated' }];
    const schema = enforce(schemaOf({ extensions: { directives } }), anonymous);
    expect((await graphql({ schema, source: '{ secret }', contextValue: {} })).data).toEqual({
      secret: 'secret',
    });
  });

  test('whatever the context of the operation is', async () => {
    const schema = enforce(schemaOf({ extensions: { directives: { authenticated: {} } } }), anonymous);
    for (const contextValue of [undefined, null, 'context', 5]) {
      const { data } = await graphql({ schema, source: '{ secret }', contextValue });
      expect(data).toEqual({ secret: null });
    }
  });
});

test('a guard applies even if the guards of its field were read before `enforce`', async () => {
  const schema = buildSchema(`${stepUpTypeDefs()} type Query { secret: String @authenticated }`);
  expect(stepUpRequirements(schema, parse('{ secret }')).guardedFields).toEqual([]);
  enforce(schema, () => nobody());
  expect(stepUpRequirements(schema, parse('{ secret }')).guardedFields).toHaveLength(1);
  const { data } = await graphql({ schema, source: '{ secret }', rootValue: { secret: 'secret' } });
  expect(data).toEqual({ secret: null });
});

test('an unguarded field is left unchanged', () => {
  const schema = enforce(schemaOf({}), () => nobody());
  const field = Object.getOwnPropertyDescriptor(schema.getQueryType()?.getFields(), 'secret');
  expect(field).toHaveProperty('value.name', 'secret');
});

test('a guarded field without its own resolver is refused too', async () => {
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: { secret: { type: GraphQLString, extensions: { directives: { authenticated: {} } } } },
  });
  const schema = enforce(new GraphQLSchema({ query }), () => nobody());
  const rootValue = { secret: () => 'secret' };
  expect((await graphql({ schema, source: '{ secret }', rootValue })).data).toEqual({ secret: null });
});

test.each([
  ['refused to an anonymous caller', nobody(), false],
  ['open to a caller who meets the guard', fresh, true],
])('a guarded subscription without its own source is %s', async (_name, who, opens) => {
  const fields = { secret: { type: GraphQLString, extensions: { directives: { stepUp: {} } } } };
  const query = new GraphQLObjectType({ name: 'Query', fields: { hello: { type: GraphQLString } } });
  const subscription = new GraphQLObjectType({ name: 'Subscription', fields });
  const schema = enforce(new GraphQLSchema({ query, subscription }), () => who);
  let opened = false;
  const rootValue = {
    secret: () => {
      opened = true;
      return (async function* () {
        yield { secret: 'secret' };
      })();
    },
  };
  const result = await subscribe({ schema, document: parse('subscription { secret }'), rootValue });
  expect(Symbol.asyncIterator in result).toBe(opens);
  if (!opens) expect(result).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  expect(opened).toBe(opens);
});

describe('a schema is not built if a guard has', () => {
  test.each<[string, object, string]>([
    ['a maxAge of 0', { stepUp: { maxAge: 0 } }, '@stepUp on Query.secret: maxAge'],
    ['no accepted factor', { stepUp: { accept: [] } }, '@stepUp on Query.secret: accept'],
    [
      'a first factor as the second step',
      { stepUp: { accept: ['EMAIL_CODE'] } },
      'EMAIL_CODE is not a second factor',
    ],
    ['an argument that does not exist', { stepUp: { maxage: 60 } }, 'unknown argument maxage'],
    ['a role that does not exist', { requiresRole: { role: 'ADMNI' } }, 'Query.secret: ADMNI'],
    ['no role', { requiresRole: {} }, '@requiresRole on Query.secret: set `role` to the name of a role'],
    ['an empty list of roles', { requiresRole: { role: [] } }, 'set `role` to the name of a role'],
    ['a role that is a number', { requiresRole: { role: 5 } }, 'set `role` to the name of a role'],
    [
      'a factor that is not a second step',
      { stepUp: { accept: 'PHONE_LINK' } },
      'no user can enroll PHONE_LINK',
    ],
    ['arguments that are a number', { stepUp: 300 }, 'the arguments must be an object, not 300'],
    ['`false` as its arguments', { authenticated: false }, 'the arguments must be an object, not false'],
  ])('%s, and the error names the place', (_name, directives, message) => {
    const onField = schemaOf({ extensions: { directives } });
    expect(() => enforce(onField, () => fresh)).toThrow(RequirementError);
    expect(() => enforce(onField, () => fresh)).toThrow(message);
    const onType = schemaOf({}, { directives });
    expect(() => enforce(onType, () => fresh)).toThrow(RequirementError);
  });

  test('but an unrelated error is rethrown as it is', () => {
    const broken = {
      get maxAge(): number {
        throw new Error('broken');
      },
    };
    const schema = schemaOf({ extensions: { directives: { stepUp: broken } } });
    expect(() => enforce(schema, () => fresh)).toThrow(/^broken$/);
  });

  test('a role argument that is not an enum', () => {
    const builder = new SchemaBuilder<object>({
      plugins: [stepUpPlugin],
      stepUp: { authContext: () => nobody() },
    });
    const Role = builder.objectRef<object>('Role').implement({
      fields: (t) => ({ name: t.string({ resolve: () => 'admin' }) }),
    });
    builder.queryType({ fields: (t) => ({ role: t.field({ type: Role, resolve: () => ({}) }) }) });
    expect(() => builder.toSchema()).toThrow('named "Role"');
  });
});

test('the enums of the directives are added to a schema without them', async () => {
  const builder = new SchemaBuilder<object>({
    plugins: [stepUpPlugin],
    stepUp: { authContext: () => nobody() },
  });
  builder.queryType({ fields: (t) => ({ hello: t.string({ stepUp: true, resolve: () => 'world' }) }) });
  const schema = builder.toSchema();
  expect(Object.keys(schema.getTypeMap())).toEqual(
    expect.arrayContaining(['FactorKind', 'StepUpRequire', 'Role']),
  );
  expect(await graphql({ schema, source: '{ hello }' })).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
});
