// What a guesser would try first for one user, and how much of it is looked at.
import { expect, test } from 'vitest';
import { guessableWords } from '../../../src/factors/password/guessable-words.ts';

test('the product, the address and the name are words, whole and in pieces, in lower case, each once', () => {
  const owner = { email: 'Jane.Doe@Example.com', name: 'Jane van der Doe' };
  expect(guessableWords('Stepgate Inc.', owner)).toEqual([
    'stepgate inc.',
    'jane.doe@example.com',
    'jane.doe',
    'example.com',
    'jane van der doe',
    'stepgate',
    'inc',
    'jane',
    'doe',
    'example',
    'com',
    'van',
    'der',
  ]);
});

test('a user without an address or a name adds no words', () => {
  expect(guessableWords('Stepgate', { email: null, name: null })).toEqual(['stepgate']);
});

test('texts of one or two letters, or of more than 64, are not words', () => {
  const name = `ab abc ${'x'.repeat(64)} ${'y'.repeat(65)}`;
  expect(guessableWords('S', { email: null, name })).toEqual(['abc', 'x'.repeat(64)]);
});

test('only the first 40 words are used', () => {
  const name = Array.from({ length: 60 }, (_, at) => `word${at}`).join(' ');
  const words = guessableWords('Stepgate', { email: null, name });
  expect(words).toEqual(['stepgate', ...Array.from({ length: 39 }, (_, at) => `word${at}`)]);
});
