// A default Yoga server, for comparison: no guard, no session, no database.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';

const schema = createSchema({
  typeDefs: 'type Query { viewer: User } type User { id: ID! }',
  resolvers: { Query: { viewer: () => ({ id: '8c2f8a6e-0f0a-4f3e-9f61-3a8f6f7a4a11' }) } },
});
const yoga = createYoga({ schema, logging: false });
const server = createServer((request, response) => void yoga(request, response));
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.on('disconnect', () => process.exit());
