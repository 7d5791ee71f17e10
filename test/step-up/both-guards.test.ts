// If two guards apply to a field, on one place or on two, the caller must meet both.
import { makeExecutableSchema } from '@graphql-tools/schema';
import SchemaBuilder from '@pothos/core';
import fc from 'fast-check';
import { buildASTSchema, type GraphQLObjectType, type GraphQLSchema, graphql, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { authContextFrom } from '../../src/policy/claims.ts';
import { refuseRole, refuseStepUp } from '../../src/policy/decision.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { requirement } from '../../src/policy/requirement.ts';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { enforce } from '../../src/step-up/enforce.ts';
import { guardsOf } from '../../src/step-up/guard.ts';
import { stepUpPlugin } from '../../src/step-up/pothos/index.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { authContextOf, type BankContext, caller, NOW } from './example-schema.ts';

const ROLES = 'enum Staff { TELLER AUDITOR }';
const definitions = stepUpTypeDefs({ role: 'Staff' });
const transform = stepUpTransformer({ authContext: authContextOf });

async function refusals(schema: GraphQLSchema, who: Presented): Promise<unknown[]> {
  const source = schema.getQueryType()?.getFields()['x'] ? '{ x }' : '{ a { x } }';
  const contextValue: BankContext = { caller: () => who, ran: [] };
  const { errors = [] } = await graphql({ schema, source, contextValue, rootValue: { x: 1, a: { x: 1 } } });
  return errors.map(({ extensions }) => extensions['maxAge'] ?? extensions['code']);
}

/** The schemas of two modules, merged in either order. */
function inBothOrders(...modules: string[]): GraphQLSchema[] {
  return [modules, modules.toReversed()].map((typeDefs) =>
    transform(
      makeExecutableSchema({
        typeDefs: [definitions, ROLES, 'type Query { a: A }', ...typeDefs],
        resolverValidationOptions: { requireResolversForResolveType: 'ignore' },
      }),
    ),
  );
}

const strict = '@stepUp(maxAge: 60)';
const loose = '@stepUp(maxAge: 3600)';

describe('the stricter of two @stepUp counts, in either order, on', () => {
  test.each<[string, string[]]>([
    ['a type in two modules', [`type A ${strict} { x: Int }`, `type A ${loose} { y: Int }`]],
    ['a type and its extension', [`type A ${strict} { x: Int }`, `extend type A ${loose} { y: Int }`]],
    ['a field declared twice', [`type A { x: Int ${strict} }`, `type A { x: Int ${loose} }`]],
    [
      'a field declared again in an extension',
      [`type A { x: Int ${strict} }`, `extend type A { x: Int ${loose} }`],
    ],
    ['a type and its field', [`type A ${strict} { x: Int ${loose} }`, 'type B { y: Int }']],
    ['one place', [`type A { x: Int ${strict} ${loose} }`, 'type B { y: Int }']],
    [
      'an interface and its type',
      [`interface I ${strict} { x: Int }`, `type A implements I ${loose} { x: Int }`],
    ],
    [
      'the field of an interface and of its type',
      [`interface I { x: Int ${strict} }`, `type A implements I { x: Int ${loose} }`],
    ],
    [
      'an interface and its extension',
      [
        `interface I ${strict} { x: Int } type A implements I { x: Int }`,
        `extend interface I ${loose} { y: Int } extend type A { y: Int }`,
      ],
    ],
  ])('%s', async (_name, modules) => {
    for (const schema of inBothOrders(...modules)) {
      expect(await refusals(schema, caller({ TOTP: 61 }))).toEqual([60]);
      expect(await refusals(schema, caller({ TOTP: 60 }))).toEqual([]);
    }
  });

  test('a schema whose documents were not merged by a library', async () => {
    const document = parse(
      `${definitions} ${ROLES} type Query { a: A } type A ${strict} { x: Int } extend type A ${loose} { y: Int }`,
    );
    expect(await refusals(transform(buildASTSchema(document)), caller({ TOTP: 61 }))).toEqual([60]);
  });

  test('a Pothos field with a list of requirements', async () => {
    const builder = new SchemaBuilder<{ Context: BankContext }>({
      plugins: [stepUpPlugin],
      stepUp: { authContext: authContextOf },
    });
    builder.queryType({
      fields: (t) => ({
        x: t.int({ nullable: true, stepUp: [{ maxAge: 60 }, { maxAge: 3600 }], resolve: () => 1 }),
      }),
    });
    const schema = builder.toSchema();
    expect(await refusals(schema, caller({ TOTP: 61 }))).toEqual([60]);
    expect(await refusals(schema, caller({ TOTP: 60 }))).toEqual([]);
  });
});

describe('with two @requiresRole the user must have both roles:', () => {
  const [teller, auditor] = ['@requiresRole(role: TELLER)', '@requiresRole(role: AUDITOR)'];

  test.each<[string, string[]]>([
    ['on one place', [`type A { x: Int ${teller} ${auditor} }`]],
    ['on a type in two modules', [`type A ${teller} { x: Int }`, `type A ${auditor} { y: Int }`]],
    ['on a type and its extension', [`type A ${teller} { x: Int }`, `extend type A ${auditor} { y: Int }`]],
    [
      'on an interface and its type',
      [`interface I ${teller} { x: Int }`, `type A implements I ${auditor} { x: Int }`],
    ],
    ['on a field declared twice', [`type A { x: Int ${teller} }`, `type A { x: Int ${auditor} }`]],
  ])('%s', async (_name, modules) => {
    for (const schema of inBothOrders(...modules)) {
      for (const role of ['TELLER', 'AUDITOR']) {
        expect(await refusals(schema, caller({}, { roles: [role] }))).toEqual(['FORBIDDEN']);
      }
      expect(await refusals(schema, caller({}, { roles: ['AUDITOR', 'TELLER'] }))).toEqual([]);
    }
  });
});

test('two @stepUp that accept no common factor require both factors', async () => {
  const [schema] = inBothOrders('type A @stepUp(accept: [TOTP]) { x: Int @stepUp(accept: [PHONE_CODE]) }');
  if (schema === undefined) throw new Error('There is no schema.');
  const both = { enrolled: ['TOTP', 'PHONE_CODE'] as const };
  expect(await refusals(schema, caller({ TOTP: 5 }, both))).toEqual([600]);
  expect(await refusals(schema, caller({ PHONE_CODE: 5 }, both))).toEqual([600]);
  expect(await refusals(schema, caller({ PHONE_CODE: 5, TOTP: 5 }, both))).toEqual([]);
});

test('`guardsOf` returns the same list each time, because decisions are cached by it', () => {
  const [schema] = inBothOrders(`type A { x: Int ${strict} y: Int ${loose} }`);
  const type = schema?.getType('A') as GraphQLObjectType;
  const lists = [guardsOf(type, 'x'), guardsOf(type, 'y')];
  expect(guardsOf(type, 'x')).toBe(lists[0]);
  expect(guardsOf(type, 'y')).toBe(lists[1]);
  expect(lists[0]).not.toEqual(lists[1]);
});

test('a guard that is repeated counts once', () => {
  const [schema] = inBothOrders(`type A { x: Int ${strict} ${strict} }`);
  expect(guardsOf(schema?.getType('A') as GraphQLObjectType, 'x')).toHaveLength(1);
});

describe('combined guards refuse when any of them is not met,', () => {
  const role = fc.constantFrom('TELLER', 'AUDITOR');
  const age = fc.constantFrom(1, 60, 600);
  const kind = fc.constantFrom<FactorKind>('TOTP', 'PHONE_CODE', 'BACKUP_CODE');
  const guard = fc.oneof(
    fc.record({ requiresRole: fc.record({ role }) }),
    fc.record({ stepUp: fc.record({ maxAge: age, accept: fc.uniqueArray(kind, { minLength: 1 }) }) }),
    fc.constant({ authenticated: {} }),
  );
  type Written = {
    authenticated?: object;
    requiresRole?: { role: string };
    stepUp?: { maxAge: number; accept: FactorKind[] };
  };
  const geoip = fc.record({
    type: fc.array(guard, { maxLength: 2 }),
    field: fc.array(guard, { maxLength: 3 }),
  });

  /** The claims of a token, some of which are missing or invalid. */
  const claims = fc.record(
    {
      acr: fc.constantFrom('aal1', 'aal2', 7),
      roles: fc.oneof(fc.uniqueArray(role), fc.constantFrom('TELLER', null, 5)),
      mfa: fc.oneof(
        fc.record(
          {
            c: fc.dictionary(
              fc.constantFrom('emailpassword', 'totp', 'otp-phone', 'backup-code', 'unknown'),
              fc.oneof(
                fc.constantFrom(0, 1, 2, 59, 60, 61, 600, 601).map((ago) => NOW - ago),
                fc.constant('now'),
              ),
            ),
            e: fc.oneof(fc.uniqueArray(fc.constantFrom('totp', 'otp-phone', 'unknown')), fc.constant(null)),
            i: fc.constantFrom([], ['otp-phone'], 'all'),
          },
          { requiredKeys: [] },
        ),
        fc.constantFrom(null, [], 'none'),
      ),
    },
    { requiredKeys: [] },
  );

  const directives = (guards: readonly object[]) =>
    guards.flatMap((one) => Object.entries(one).map(([name, args]) => ({ name, args })));

  test('whatever claims a token has', async () => {
    await fc.assert(
      fc.asyncProperty(geoip, fc.option(claims), async ({ type, field }, written) => {
        const authContext = written === null ? null : authContextFrom(written, NOW);
        const schema = makeExecutableSchema({
          typeDefs: [definitions, ROLES, 'type Query { x: Int }'],
          resolvers: { Query: { x: () => 1 } },
        });
        const query = schema.getQueryType();
        const x = query?.getFields()['x'];
        if (!query || !x) throw new Error('There is no such field.');
        query.extensions = { directives: directives(type) };
        x.extensions = { directives: directives(field) };
        const { data } = await graphql({
          schema: enforce(schema, () => ({ authContext, fault: null, now: NOW })),
          source: '{ x }',
          contextValue: {},
        });
        // Each guard alone, independent of how they are combined.
        const isMet = [...type, ...field].every((one: Written) => {
          if (one.requiresRole) return refuseRole(authContext, one.requiresRole.role) === null;
          if (one.stepUp) return refuseStepUp(authContext, requirement(one.stepUp), NOW) === null;
          return authContext !== null;
        });
        expect(data?.['x']).toBe(isMet ? 1 : null);
      }),
      { numRuns: 400 },
    );
  });

  test('and removing a claim never opens a field', () => {
    fc.assert(
      fc.property(
        claims,
        fc.constantFrom('acr', 'roles', 'mfa'),
        age,
        kind,
        role,
        (all, name, maxAge, factor, needed) => {
          const { [name]: _taken, ...less } = all as Record<string, unknown>;
          const [before, after] = [authContextFrom(all, NOW), authContextFrom(less, NOW)];
          const demand = requirement({ maxAge, accept: [factor] });
          if (refuseStepUp(before, demand, NOW) !== null)
            expect(refuseStepUp(after, demand, NOW)).not.toBeNull();
          if (refuseRole(before, needed) !== null) expect(refuseRole(after, needed)).not.toBeNull();
        },
      ),
    );
  });

  test('but some token meets all of them, so the property is not vacuous', () => {
    const evidence = [evidenceOf('PASSWORD', NOW - 5), evidenceOf('TOTP', NOW - 5)];
    const authContext = authContextFrom(
      {
        acr: 'aal2',
        roles: ['TELLER'],
        mfa: { c: { emailpassword: NOW - 5, totp: NOW - 5 }, e: ['totp'], v: true },
      },
      NOW,
    );
    expect(authContext).toEqual({ evidence, enrolled: ['TOTP'], roles: ['TELLER'] });
    expect(refuseStepUp(authContext, requirement(), NOW)).toBeNull();
  });
});
