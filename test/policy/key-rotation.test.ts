// The times of a signing key. Whoever verifies tokens keeps the published keys for as long as they are told to.
import { expect, test } from 'vitest';
import {
  KEY_LEAD_SECONDS,
  KEY_REST_SECONDS,
  KEYS_READ_EVERY_SECONDS,
  LONGEST_ACCESS_TOKEN_SECONDS,
  PUBLISHED_KEYS_SECONDS,
} from '../../src/policy/key-rotation.ts';

test('published keys may be kept for five minutes, and every node reads them again each minute', () => {
  expect(PUBLISHED_KEYS_SECONDS).toBe(300);
  expect(KEYS_READ_EVERY_SECONDS).toBe(60);
});

test('a new key is published 12 minutes before it signs: twice the age of the oldest copy that lacks it', () => {
  expect(KEY_LEAD_SECONDS).toBe(720);
});

test('an old key verifies for two minutes longer than its last token lives, which is an hour at most', () => {
  expect(LONGEST_ACCESS_TOKEN_SECONDS).toBe(3600);
  expect(KEY_REST_SECONDS).toBe(3720);
});
