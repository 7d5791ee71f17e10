// A document may be text, what a parser made of it, or what a code generator made of that.
import { gql } from '@apollo/client';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { claimsOf } from '../sessions/operations.ts';
import { clientOf, codesOf, NEW_CODES } from './people.ts';

const TEXT = 'query Viewer { viewer { ...Id } } fragment Id on User { id }';

/** As GraphQL Code Generator writes it with `documentMode: 'string'`. */
class TypedDocumentString<Result, Variables> extends String {
  readonly __apiType?: (variables: Variables) => Result;
  readonly #text: string;
  constructor(text: string) {
    super(text);
    this.#text = text;
  }
  override toString(): string {
    return this.#text;
  }
}

interface TypedDocumentNode<Result, Variables> {
  readonly kind: 'Document';
  readonly definitions: readonly unknown[];
  readonly __apiType?: (variables: Variables) => Result;
}

interface Viewer {
  readonly viewer: { readonly id: string } | null;
}

let app: TestApp;
let server: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

describe('a document', () => {
  const documents = {
    'that a generator has typed and printed': new TypedDocumentString<Viewer, object>(TEXT),
    'that a parser has made': parse(TEXT),
    'that graphql-tag has made': gql(TEXT),
    // Without what a parser knows of the text: JSON, as a generator writes it.
    'that a generator has typed': JSON.parse(
      JSON.stringify(parse(TEXT, { noLocation: true })),
    ) as TypedDocumentNode<Viewer, object>,
  };
  test.each(Object.entries(documents))('%s is sent as its text', async (_, document) => {
    const person = await server.signUp();
    const { client, network } = await clientOf(app, person);
    const { data, errors } = await client.request<Viewer, object>(document);
    expect(errors).toBeUndefined();
    expect(data?.viewer?.id).toBe(claimsOf(person.accessToken)['sub']);
    expect(network.sent[0]?.body.query).toContain('query Viewer');
  });

  test('that was parsed is known for a mutation, which is not repeated once it has run', async () => {
    const { client, network } = await clientOf(app, await server.signUp());
    expect(codesOf(await client.request(parse(NEW_CODES)))).toEqual(['ENROLLMENT_REQUIRED']);
    expect(network.sent).toHaveLength(1);
  });

  test.each([[{}], [{ query: TEXT }]])('that is none (%j) is told, and not sent', async (document) => {
    const { client, network } = await clientOf(app, null);
    await expect(client.request(document)).rejects.toThrow('The document is neither');
    expect(network.sent).toEqual([]);
  });
});
