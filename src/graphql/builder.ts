// The Pothos builder that every type, query and mutation adds to.
import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import { DateTimeResolver, JSONResolver } from 'graphql-scalars';
import { stepUpPlugin } from '../step-up/pothos/index.ts';
import { authContextOf, type GraphQLContext } from './context.ts';

export const builder = new SchemaBuilder<{
  Context: GraphQLContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
  };
}>({
  // Guards come first, so that they run before anything the other plugins do.
  plugins: [stepUpPlugin, ErrorsPlugin],
  defaultFieldNullability: false,
  stepUp: { authContext: authContextOf },
  errors: {
    // `startSignIn` returns a `StartSignInResult`.
    defaultUnionOptions: {
      name: ({ fieldName }) => `${capitalised(fieldName)}Result`,
      description:
        'The result, or one of the errors that you should expect. Every error implements `UserError`: select its fields with `... on UserError { code message }`.',
    },
  },
});

builder.addScalarType('DateTime', DateTimeResolver);
builder.addScalarType('JSON', JSONResolver);

builder.queryType({ description: 'All queries. A query never changes anything.' });
builder.mutationType({
  description:
    'All mutations. Expected failures are data: a mutation that can fail returns a union of its result and errors that implement `UserError`. Refusals by `@authenticated`, `@stepUp` and `@requiresRole` are GraphQL errors, and the operation is refused before any of its mutations runs.',
});

builder.subscriptionType({
  description:
    'All subscriptions. Send them by POST with `Accept: text/event-stream`. Events arrive as server-sent events, as in the “distinct connections mode” of the GraphQL over SSE protocol.',
});

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
