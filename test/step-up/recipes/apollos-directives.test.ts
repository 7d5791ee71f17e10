// The guards in a subgraph that also has Apollo's `@authenticated`, which the router enforces: in SDL, and with
// @pothos/plugin-federation.
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph';
import SchemaBuilder from '@pothos/core';
import DirectivesPlugin from '@pothos/plugin-directives';
import FederationPlugin from '@pothos/plugin-federation';
import { composeServices } from '@theguild/federation-composition';
import { type GraphQLSchema, graphql, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { assertGuarded } from '../../../src/step-up/assert-guarded.ts';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import { stepUpPlugin } from '../../../src/step-up/pothos/index.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { authContextOf, type BankContext, caller, nobody } from '../example-schema.ts';

const transform = stepUpTransformer({ authContext: authContextOf });

/** The error code of each refused field. */
async function refused(schema: GraphQLSchema, who: Presented, source = '{ a b c d }'): Promise<object> {
  const contextValue: BankContext = { caller: () => who, ran: [] };
  const rootValue = { a: 1, b: 1, c: 1, d: 1 };
  const { errors = [], data } = await graphql({ schema, source, rootValue, contextValue });
  expect(data).toBeTruthy();
  return Object.fromEntries(errors.map((one) => [one.path?.join('.'), one.extensions['code']]));
}

describe.skipIf(process.env['GRAPHQL_MAJOR'] === '17')(
  'in a subgraph that imports Apollo’s @authenticated',
  () => {
    const subgraph = (links: string, definitions: string, types: string): GraphQLSchema =>
      transform(
        buildSubgraphSchema([
          {
            typeDefs: parse(`extend schema
            @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@authenticated"]) ${links}
            ${definitions} ${types}`),
          },
        ]),
      );

    test('our guard works next to it with a prefix', async () => {
      const schema = subgraph(
        '',
        stepUpTypeDefs({ prefix: 'sg_' }),
        'type Query { a: Int @authenticated  b: Int @sg_authenticated  c: Int @sg_stepUp  d: Int }',
      );
      expect(await refused(schema, nobody())).toEqual({ b: 'UNAUTHENTICATED', c: 'UNAUTHENTICATED' });
    });

    test('our guard works next to it when renamed with @link', async () => {
      const schema = subgraph(
        `@link(url: "https://stepgate.dev/step-up/v1.0", import: [
         "@stepUp", "@requiresRole", { name: "@authenticated", as: "@signedIn" }])`,
        stepUpTypeDefs().replace('directive @authenticated', 'directive @signedIn'),
        'type Query { a: Int @authenticated  b: Int @signedIn  c: Int @stepUp  d: Int }',
      );
      expect(await refused(schema, nobody())).toEqual({ b: 'UNAUTHENTICATED', c: 'UNAUTHENTICATED' });
    });

    test('@authenticated is our guard if ours has no other name', async () => {
      const schema = subgraph(
        '',
        stepUpTypeDefs().replace(/"""(?:(?!""").)*"""\s*directive @authenticated[^\n]*/s, ''),
        'type Query { a: Int @authenticated  b: Int  c: Int @stepUp  d: Int }',
      );
      expect(await refused(schema, nobody())).toEqual({ a: 'UNAUTHENTICATED', c: 'UNAUTHENTICATED' });
    });
  },
);

describe('next to @pothos/plugin-federation', () => {
  const builder = new SchemaBuilder<{ Context: BankContext }>({
    plugins: [stepUpPlugin, DirectivesPlugin, FederationPlugin],
    stepUp: { authContext: authContextOf, prefix: 'sg_' },
  });
  const Customer = builder.objectRef<{ id: string }>('Customer').implement({
    stepUp: { maxAge: 3600 },
    fields: (t) => ({
      id: t.exposeID('id', { nullable: true }),
      contract: t.string({
        nullable: true,
        authenticated: true,
        stepUp: [{ maxAge: 60 }, { maxAge: 600, accept: ['TOTP'] }],
        resolve: () => 'secret',
      }),
    }),
  });
  builder.asEntity(Customer, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: ({ id }) => ({ id }),
  });
  builder.queryType({
    fields: (t) => ({
      customer: t.field({
        type: Customer,
        nullable: true,
        authenticated: true,
        resolve: () => ({ id: '1' }),
      }),
    }),
  });
  const schema = builder.toSubGraphSchema({
    linkUrl: 'https://specs.apollo.dev/federation/v2.6',
    federationDirectives: ['@key', '@authenticated'],
  });

  test('the guards protect fields, also those that a gateway resolves by reference', async () => {
    expect(() => assertGuarded(schema)).not.toThrow();
    expect(await refused(schema, nobody(), '{ customer { contract } }')).toEqual({
      customer: 'UNAUTHENTICATED',
    });
    const entity =
      '{ _entities(representations: [{ __typename: "Customer", id: "1" }]) { ... on Customer { contract } } }';
    expect(await refused(schema, nobody(), entity)).toEqual({ '_entities.0.contract': 'UNAUTHENTICATED' });
    expect(await refused(schema, caller({ TOTP: 61 }), entity)).toEqual({
      '_entities.0.contract': 'STEP_UP_REQUIRED',
    });
    expect(await refused(schema, caller({ TOTP: 60 }), entity)).toEqual({});
  });

  test('the SDL contains Apollo’s directive for the router and ours', () => {
    const sdl = printSubgraphSchema(schema);
    expect(sdl).toMatch(/contract: String .*@sg_stepUp\(maxAge: 60\)/);
    expect(sdl).toMatch(/contract: String .*@sg_authenticated/);
    expect(sdl).toMatch(/contract: String .*@authenticated/);
    const { errors, supergraphSdl } = composeServices([{ name: 'customers', typeDefs: parse(sdl) }]);
    expect(errors ?? []).toEqual([]);
    expect(supergraphSdl).toContain('@authenticated');
  });
});
