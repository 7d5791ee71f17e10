// Documents, as applications have them, and their text. Only a parsed one needs a library: `graphql`, which made it.
import type { DocumentNode } from 'graphql';

/**
 * A document of one operation: text, or what parsers and generators make of it (`DocumentNode`, `TypedDocumentNode`,
 * `TypedDocumentString`).
 */
export type Document<Data, Variables> =
  | string
  | { toString(): string; readonly __apiType?: (variables: Variables) => Data };

/** @throws {TypeError} for an object that is no document. */
export async function textOf(document: object | string): Promise<string> {
  if (typeof document === 'object' && 'kind' in document && document.kind === 'Document') {
    const { print } = await import('graphql'); // only applications with parsed documents load it
    return print(document as DocumentNode);
  }
  // oxlint-disable-next-line typescript/no-base-to-string -- where it is that, it is told
  const text = String(document);
  if (text.startsWith('[object '))
    throw new TypeError(
      'The document is neither text nor what a GraphQL parser or code generator makes of it.',
    );
  return text;
}
