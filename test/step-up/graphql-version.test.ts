// These tests run on each major version of graphql that the package is for, and on nothing but that one: a schema of
// Pothos, of SDL and of Yoga is of the realm that the guards import.
import { makeExecutableSchema } from '@graphql-tools/schema';
import { GraphQLSchema, versionInfo } from 'graphql';
import { createSchema } from 'graphql-yoga';
import { expect, test } from 'vitest';
import { bankSchema } from './example-schema.ts';

test('the version is the one that this run is for', () => {
  expect(versionInfo.major).toBe(Number(process.env['GRAPHQL_MAJOR'] ?? 16));
});

test('the libraries use the same', () => {
  const typeDefs = 'type Query { x: Int }';
  for (const schema of [bankSchema(), makeExecutableSchema({ typeDefs }), createSchema({ typeDefs })]) {
    expect(schema).toBeInstanceOf(GraphQLSchema);
  }
});
