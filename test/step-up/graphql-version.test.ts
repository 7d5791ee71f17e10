// These tests run once for each supported major version of graphql, and each run uses only that version: Pothos, the
// SDL tools and Yoga must use the same copy as the guards.
import { makeExecutableSchema } from '@graphql-tools/schema';
import { GraphQLSchema, versionInfo } from 'graphql';
import { createSchema } from 'graphql-yoga';
import { expect, test } from 'vitest';
import { bankSchema } from './example-schema.ts';

test('the tests use the graphql version of this run', () => {
  expect(versionInfo.major).toBe(Number(process.env['GRAPHQL_MAJOR'] ?? 16));
});

test('the libraries use the same graphql version as the tests', () => {
  const typeDefs = 'type Query { x: Int }';
  for (const schema of [bankSchema(), makeExecutableSchema({ typeDefs }), createSchema({ typeDefs })]) {
    expect(schema).toBeInstanceOf(GraphQLSchema);
  }
});
