// Documents that were parsed before. A parsed document takes some fifty times the room of its text, and anybody can
// send a new one: only small documents are kept, and not many of them.
import type { DocumentNode } from 'graphql';

const MOST_DOCUMENTS = 100;
const LONGEST_DOCUMENT = 4000;

export class DocumentCache {
  /** In the order of their last use, the oldest first. */
  readonly #documents = new Map<string, DocumentNode>();

  get(text: string): DocumentNode | undefined {
    const document = this.#documents.get(text);
    if (document === undefined) return undefined;
    this.#documents.delete(text);
    this.#documents.set(text, document);
    return document;
  }

  set(text: string, document: DocumentNode): void {
    if (text.length > LONGEST_DOCUMENT) return;
    this.#documents.set(text, document);
    if (this.#documents.size <= MOST_DOCUMENTS) return;
    const [oldest] = this.#documents.keys();
    if (oldest !== undefined) this.#documents.delete(oldest);
  }

  get size(): number {
    return this.#documents.size;
  }
}

/** Nothing is gained by remembering what could not be parsed. */
export const NO_CACHE = { get: () => undefined, set: () => {} };
