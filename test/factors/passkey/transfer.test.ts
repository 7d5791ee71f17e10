// Passkeys move to another server with their keys, counters and flags, and sign in there.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SoftwareAuthenticator } from '../../../src/cli/demo/software-authenticator.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { TestClient } from '../../harness/client.ts';
import { enrollPasskey, signInWithPasskey } from '../../harness/passkeys.ts';
import { query } from '../../harness/sql.ts';
import { stepgate, temporaryFiles } from '../../import/commands.ts';

const { newFile, newPath } = temporaryFiles();

let app: TestApp;
let client: TestClient;
beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const KEY = Buffer.from('a50102032620', 'hex').toString('base64url');

async function importOf(record: object) {
  return stepgate(app.databaseUrl, 'import', await newFile([record]));
}

test('an exported passkey signs in after an import, and its old counter still counts', async () => {
  const person = await client.signUp();
  const key = new SoftwareAuthenticator({ origin: 'http://localhost:4000' });
  await enrollPasskey(client, person.accessToken, key, { label: 'Laptop' });
  expect((await signInWithPasskey(client, key, { counter: 7 })).status).toBe('COMPLETE');
  const path = newPath('.ndjson');
  expect((await stepgate(app.databaseUrl, 'export', path)).code).toBe(0);
  const [record] = (await readFile(path, 'utf8')).trim().split('\n');
  expect(JSON.parse(record ?? '')).toMatchObject({
    passkeys: [
      {
        credentialId: key.passkeys[0]?.id,
        counter: 7,
        backupEligible: false,
        backedUp: false,
        verifiesUser: true,
        transports: ['internal'],
        label: 'Laptop',
      },
    ],
  });
  await query(app.databaseUrl, 'delete from user_account');
  expect(await signInWithPasskey(client, key, { counter: 8 })).toMatchObject({ code: 'PROOF_REJECTED' });
  expect((await stepgate(app.databaseUrl, 'import', path)).code).toBe(0);
  expect(await signInWithPasskey(client, key, { counter: 7 })).toMatchObject({ code: 'PROOF_REJECTED' });
  expect((await signInWithPasskey(client, key, { counter: 9 })).status).toBe('COMPLETE');
});

describe('a record', () => {
  test('may have nothing but a passkey', async () => {
    const passkeys = [{ credentialId: 'AQ', publicKey: KEY }];
    expect((await importOf({ passkeys })).code).toBe(0);
    const [row] = await query<{ data: object }>(
      app.databaseUrl,
      "select data from authenticator where data ->> 'credentialId' = 'AQ'",
    );
    expect(row?.data).toMatchObject({ counter: 0, backupEligible: false, verifiesUser: false, aaguid: null });
  });

  test('with a passkey that another user has is refused, also within the same file', async () => {
    const passkeys = [{ credentialId: 'Ag', publicKey: KEY }];
    const file = await newFile([
      { email: 'a@example.com', passkeys },
      { email: 'b@example.com', passkeys },
    ]);
    const { code, stdout } = await stepgate(app.databaseUrl, 'import', file);
    expect(code).toBe(1);
    expect(stdout).toContain('1 of 2 records imported, 1 refused');
    expect((await importOf({ email: 'c@example.com', passkeys })).code).toBe(1);
  });

  test.each([
    ['no base64url', { credentialId: '!', publicKey: KEY }],
    ['a key that is not COSE', { credentialId: 'Aw', publicKey: 'AAAA' }],
    ['a negative counter', { credentialId: 'Aw', publicKey: KEY, counter: -1 }],
    ['an unknown member', { credentialId: 'Aw', publicKey: KEY, privateKey: 'x' }],
  ])('with %s is refused', async (_name, passkey) => {
    expect((await importOf({ email: 'd@example.com', passkeys: [passkey] })).code).toBe(1);
  });
});
