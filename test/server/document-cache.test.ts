// The cache of parsed documents. A parsed document takes far more memory than its text, so a stranger who keeps sending
// new documents must not be able to fill the memory.
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { DocumentCache } from '../../src/server/document-cache.ts';

const DOCUMENT = parse('{ __typename }');

describe('the document cache', () => {
  test('returns a document that was stored', () => {
    const cache = new DocumentCache();
    cache.set('a', DOCUMENT);
    expect(cache.get('a')).toBe(DOCUMENT);
    expect(cache.get('b')).toBeUndefined();
  });

  test('holds 100 documents and evicts the least recently used one', () => {
    const cache = new DocumentCache();
    for (let at = 0; at < 100; at += 1) cache.set(`document ${at}`, DOCUMENT);
    expect(cache.get('document 0')).toBe(DOCUMENT); // used again
    for (let at = 100; at < 150; at += 1) cache.set(`document ${at}`, DOCUMENT);
    expect(cache.size).toBe(100);
    expect(cache.get('document 0')).toBe(DOCUMENT);
    expect(cache.get('document 1')).toBeUndefined();
    expect(cache.get('document 149')).toBe(DOCUMENT);
  });

  test('does not keep large documents', () => {
    const cache = new DocumentCache();
    cache.set('x'.repeat(4001), DOCUMENT);
    expect(cache.size).toBe(0);
  });
});
