// The Pothos builder that every type, query and mutation adds to.
import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import { DateTimeResolver, JSONResolver } from 'graphql-scalars';
import { stepUpPlugin } from '../step-up/pothos/index.ts';
import { type GraphQLContext, standingOf } from './context.ts';

export const builder = new SchemaBuilder<{
  Context: GraphQLContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
  };
}>({
  // The guards come first: they stand before everything that the other plugins do.
  plugins: [stepUpPlugin, ErrorsPlugin],
  defaultFieldNullability: false,
  stepUp: { standing: standingOf },
  errors: {
    // `startSignIn` answers a `StartSignInResult`.
    defaultUnionOptions: { name: ({ fieldName }) => `${capitalised(fieldName)}Result` },
  },
});

builder.addScalarType('DateTime', DateTimeResolver);
builder.addScalarType('JSON', JSONResolver);

builder.queryType({ description: 'What can be read.' });
builder.mutationType({
  description:
    'What can be done. Expected failures are data: each mutation answers a union of its result and of errors that implement `UserError`. Refusals by `@authenticated`, `@stepUp` and `@requiresRole` are GraphQL errors, and refuse the operation before any of its mutations has run.',
});

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
