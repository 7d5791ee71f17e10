// A third-party API that refuses individual fields, so that other fields of a mutation may have run.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GraphQLError } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';

export interface ForeignApi extends AsyncDisposable {
  readonly url: string;
  /** The fields that have run, in order. */
  readonly ran: string[];
}

function refuse(code: string): never {
  const demand = { maxAge: 600, accept: ['TOTP', 'BACKUP_CODE'], require: 'SECOND_FACTOR' };
  throw new GraphQLError('Refused.', { extensions: { code, ...demand } });
}

export async function foreignApi(): Promise<ForeignApi> {
  const ran: string[] = [];
  const schema = createSchema({
    typeDefs: `
      type Query { open: Int secret: Int }
      type Mutation { rename: Customer remove: Int erase: Int! expired: Int }
      type Subscription { ticks: Int secretTicks: Int }
      type Customer { id: ID secret: Int certain: Int! }
    `,
    resolvers: {
      Query: { open: () => 1, secret: () => refuse('STEP_UP_REQUIRED') },
      Mutation: {
        rename: () => {
          ran.push('rename');
          return { id: '1' };
        },
        remove: () => refuse('STEP_UP_REQUIRED'),
        erase: () => refuse('STEP_UP_REQUIRED'),
        expired: () => refuse('UNAUTHENTICATED'),
      },
      Subscription: {
        ticks: {
          async *subscribe() {
            for (let tick = 1; tick <= 3; tick += 1) yield { ticks: tick };
          },
        },
        secretTicks: { subscribe: () => refuse('STEP_UP_REQUIRED') },
      },
      Customer: {
        secret: () => refuse('STEP_UP_REQUIRED'),
        certain: () => refuse('STEP_UP_REQUIRED'),
      },
    },
  });
  const yoga = createYoga({ schema, logging: false, maskedErrors: false });
  const server = createServer((request, response) => void yoga(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    ran,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
