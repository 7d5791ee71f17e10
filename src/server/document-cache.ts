// A cache of parsed documents. A parsed document takes about fifty times the memory of its text, and anyone can send new
// ones, so the cache keeps only a few small documents.
import type { DocumentNode } from 'graphql';

const MOST_DOCUMENTS = 100;
const LONGEST_DOCUMENT = 4000;

export class DocumentCache {
  /** Ordered by last use, oldest first. */
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

/** Caching documents that failed to parse would gain nothing. */
export const NO_CACHE = { get: () => undefined, set: () => {} };
