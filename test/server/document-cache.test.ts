// What is kept of documents: a parsed one takes far more room than its text, so a stranger who sends new ones without
// end must not fill the memory.
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { DocumentCache } from '../../src/server/document-cache.ts';

const DOCUMENT = parse('{ __typename }');

describe('the cache of documents', () => {
  test('gives back what was put in', () => {
    const cache = new DocumentCache();
    cache.set('a', DOCUMENT);
    expect(cache.get('a')).toBe(DOCUMENT);
    expect(cache.get('b')).toBeUndefined();
  });

  test('holds a hundred, and lets go of the one that was used longest ago', () => {
    const cache = new DocumentCache();
    for (let at = 0; at < 100; at += 1) cache.set(`document ${at}`, DOCUMENT);
    expect(cache.get('document 0')).toBe(DOCUMENT); // used again
    for (let at = 100; at < 150; at += 1) cache.set(`document ${at}`, DOCUMENT);
    expect(cache.size).toBe(100);
    expect(cache.get('document 0')).toBe(DOCUMENT);
    expect(cache.get('document 1')).toBeUndefined();
    expect(cache.get('document 149')).toBe(DOCUMENT);
  });

  test('keeps no large one', () => {
    const cache = new DocumentCache();
    cache.set('x'.repeat(4001), DOCUMENT);
    expect(cache.size).toBe(0);
  });
});
