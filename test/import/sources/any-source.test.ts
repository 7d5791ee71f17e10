// What holds for the entries of every source.
import { expect, test } from 'vitest';
import type { SourceName } from '../../../src/import/sources/list.ts';
import { read, refusal } from './reading.ts';

test.each<[SourceName, object]>([
  ['auth0', { email: 'a@example.com', blocked: true }],
  ['firebase', { email: 'a@example.com', disabled: true }],
  [
    'django',
    { model: 'auth.user', pk: 1, fields: { email: 'a@example.com', password: '', is_active: false } },
  ],
  ['better-auth', { email: 'a@example.com', banned: 't' }],
  ['keycloak', { email: 'a@example.com', enabled: false }],
])('%s: a disabled account is refused', (source, entry) => {
  expect(refusal(source, entry)).toMatchObject({
    reason: expect.stringContaining('disabled in the source system'),
  });
});

test('an invalid date and an empty name are ignored', () => {
  const user = {
    id: 'a',
    name: ' ',
    email: 'a@example.com',
    emailVerified: '1',
    createdAt: 'long ago',
    password: '',
  };
  expect(read('better-auth', user)).toMatchObject({
    name: null,
    createdAt: null,
    emailVerified: true,
    passwordHash: null,
  });
});
