// A cache of parsed documents. A parsed document takes about fifty times the memory of its text, and anyone can send new
// ones, so the cache keeps only a few small documents.
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

const MOST_DOCUMENTS = 100;
const LONGEST_DOCUMENT = 4000;

export class DocumentCache extends LRUCache<string, DocumentNode> {
  constructor() {
    super({
      max: MOST_DOCUMENTS,
      maxEntrySize: LONGEST_DOCUMENT,
      sizeCalculation: (_document, text) => Math.max(1, text.length),
    });
  }
}
