// Converts documents to text. Only a parsed document needs a library: `graphql`, which the application already uses.
import type { DocumentNode } from 'graphql';

/**
 * A document with one operation: text, or the output of a parser or code generator (`DocumentNode`, `TypedDocumentNode`,
 * `TypedDocumentString`).
 */
export type Document<Data, Variables> =
  | string
  | { toString(): string; readonly __apiType?: (variables: Variables) => Data };

/** @throws {TypeError} for an object that is not a document. */
export async function textOf(document: object | string): Promise<string> {
  if (typeof document === 'object' && 'kind' in document && document.kind === 'Document') {
    const { print } = await import('graphql'); // loaded only by applications with parsed documents
    return print(document as DocumentNode);
  }
  // oxlint-disable-next-line typescript/no-base-to-string -- detected below
  const text = String(document);
  if (text.startsWith('[object '))
    throw new TypeError('The document must be text or the output of a GraphQL parser or code generator.');
  return text;
}
