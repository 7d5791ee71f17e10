// How long a proof may be: a longer one is refused unread, so that nothing is hashed or searched for its sender.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

test.each([
  // 256 code points after NFC, each of which was at most four before.
  ['password', 1024],
  ['emailCode', 16],
  ['phoneCode', 16],
  ['totp', 16],
  ['linkToken', 64],
  ['backupCode', 64],
])('a proof %s is read up to its %i code points, and refused unread beyond them', async (name, longest) => {
  const { id } = await client.startSignIn({ identifier: 'nobody@example.com' });
  const codeOf = async (length: number): Promise<string | undefined> =>
    (await client.attempt(id, { [name]: '🔑'.repeat(length) })).code;
  expect(await codeOf(longest + 1)).toBe('INVALID_INPUT');
  expect(['PROOF_REJECTED', 'FACTOR_NOT_OFFERED']).toContain(await codeOf(longest));
});
