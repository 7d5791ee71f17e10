// The codes that the client's types list are those of the schema.
import { readFile } from 'node:fs/promises';
import { buildSchema, type GraphQLEnumType } from 'graphql';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

test('a client that switches over ErrorCode has a case for each error of the schema', async () => {
  const schema = buildSchema(await readFile(new URL('schema.graphql', ROOT), 'utf8'));
  const codes = (schema.getType('ErrorCode') as GraphQLEnumType).getValues();
  const source = await readFile(new URL('src/client/error-code.ts', ROOT), 'utf8');
  const [, listed = ''] = /export type ErrorCode =([^;]*);/.exec(source) ?? [];
  expect(new Set(listed.match(/\w+/g))).toEqual(new Set(codes.map(({ name }) => name)));
});
