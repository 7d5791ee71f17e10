// The recipe for a federated subgraph in docs/step-up.md. The subgraph enforces the directives, and they are composed
// into the supergraph, where clients and routers can read them.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { asker, callers, resolvers, TYPES } from './customers.ts';

const who = callers();
const LINKS = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@composeDirective"])
    @link(url: "https://stepgate.dev/step-up/v1.0", import: ["@stepUp", "@authenticated", "@requiresRole"])
    @composeDirective(name: "@stepUp") @composeDirective(name: "@authenticated") @composeDirective(name: "@requiresRole")
  extend type Customer @key(fields: "id")
`;

const authContext = (presented: Presented): Presented => presented;
const typeDefs = parse(stepUpTypeDefs() + LINKS + TYPES);
const schema = stepUpTransformer({ authContext })(buildSubgraphSchema([{ typeDefs, resolvers }]));
const server = new ApolloServer<Presented>({ schema });

let url: string;
beforeAll(async () => {
  const { tokens } = who;
  ({ url } = await startStandaloneServer(server, {
    context: ({ req }) => tokens.present(req.headers.authorization),
    listen: { port: 0 },
  }));
});
afterAll(() => server.stop());
const ask = asker(() => url);

/** Another team's subgraph, which only references customers and has no guards. */
const ORDERS = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  type Query { orders: [Order!]! }
  type Order @key(fields: "id") { id: ID! customer: Customer! }
  type Customer @key(fields: "id", resolvable: false) { id: ID! }
`);

test('a supergraph contains the guards of a subgraph, next to a subgraph without guards', async () => {
  const { data } = await ask('{ _service { sdl } }');
  const { sdl } = (data as { _service: { sdl: string } })._service;
  const { errors, supergraphSdl } = composeServices([
    { name: 'customers', typeDefs: parse(sdl) },
    { name: 'orders', typeDefs: ORDERS },
  ]);
  expect(errors ?? []).toEqual([]);
  expect(supergraphSdl).toContain('contract: String @stepUp(maxAge: 300)');
  expect(supergraphSdl).toContain('type Customer @authenticated');
  expect(supergraphSdl).toContain('@requiresRole(role: ADMIN)');
  expect(supergraphSdl).toContain('directive @stepUp(');
});

test('fields that a gateway resolves by reference are guarded', async () => {
  const query =
    '{ _entities(representations: [{ __typename: "Customer", id: "1" }]) { ... on Customer { name contract } } }';
  expect(await ask(query)).toMatchObject({
    data: { _entities: [{ name: null, contract: null }] },
    codes: ['UNAUTHENTICATED', 'UNAUTHENTICATED'],
  });
  expect(await ask(query, who.weak)).toMatchObject({
    data: { _entities: [{ name: 'Ada', contract: null }] },
    codes: ['ENROLLMENT_REQUIRED'],
  });
  expect(await ask(query, who.strong)).toMatchObject({
    data: { _entities: [{ name: 'Ada', contract: 'secret' }] },
    codes: [],
  });
});
