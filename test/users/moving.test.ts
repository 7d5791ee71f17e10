// The commands of docs/moving.md, run as they stand on the sample files: each of them, and then everybody who was
// imported signs in with the password that the samples were made with.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { stepgate } from './commands.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What examples/moving/README.md says. */
const PASSWORD = 'Moving day 2026';

/** Each sample file: who is imported, with what second factor, and how many are not. */
const EXPECTED = {
  'clerk.csv': { summary: '2 of 3 records imported, 1 refused', emails: ['clara', 'carl'] },
  'auth0.ndjson': { summary: '2 of 3 records imported, 1 refused', emails: ['anna', 'arno'] },
  'supertokens.json': { summary: '2 of 2 records imported, 0 refused', emails: ['sven', 'sonja'] },
  'supertokens.csv': { summary: '1 of 2 records imported, 1 refused', emails: ['sara'] },
  'firebase.json': { summary: '2 of 3 records imported, 1 refused', emails: ['fiona', 'felix'] },
  'django.json': { summary: '2 of 4 records imported, 1 refused, 1 no users', emails: ['dora', 'dirk'] },
  'better-auth.csv': { summary: '2 of 3 records imported, 1 refused', emails: ['bea', 'ben'] },
  'keycloak.json': { summary: '2 of 3 records imported, 0 refused, 1 no users', emails: ['kim', 'kurt'] },
  'supabase.csv': { summary: '2 of 3 records imported, 1 refused', emails: ['paula', 'peter'] },
  // Cognito gives no hashes away.
  'cognito.ndjson': { summary: '1 of 2 records imported, 1 refused', emails: [] },
  'kratos.json': { summary: '1 of 2 records imported, 1 refused', emails: ['ruth'] },
  'fusionauth.json': { summary: '3 of 3 records imported, 0 refused', emails: ['ida', 'ivan'] },
  'wordpress.csv': { summary: '2 of 3 records imported, 1 refused', emails: ['wanda', 'will'] },
  'aspnet-identity.csv': { summary: '2 of 3 records imported, 1 refused', emails: ['nina', 'nils'] },
  'devise.csv': { summary: '2 of 2 records imported, 0 refused', emails: ['hedy', 'hans'] },
  'laravel.csv': { summary: '1 of 2 records imported, 1 refused', emails: ['lara'] },
  'stepgate.ndjson': { summary: '2 of 2 records imported, 0 refused', emails: ['sam'] },
  'stepgate.csv': { summary: '1 of 1 record imported, 0 refused', emails: ['sue'] },
} as const;

/** The authenticator apps of the samples; Keycloak's key is a text and here in base32. */
const APPS: Readonly<Record<string, string>> = {
  clara: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  sven: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  sam: 'KRUGKIDROVUWG2ZA',
  kim: 'NM4VC6RSNVMHON2SORMWENCMMM4E44CW',
  paula: 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U',
  ruth: 'ORSXG5BAON2WG2DFON2HEZLTORSXG5BA',
  ida: 'MFXCAYLVORUGK3TUNFRWC5DPOIQGC4DQ',
  nina: 'NZUW4YJAMF2XI2DFNZ2GSY3BORXXEIDL',
};
const PHONES: Readonly<Record<string, string>> = { felix: '+14155552602' };

let app: TestApp;
let client: TestClient;
let folder: string;
let outcomes: { command: string; code: number; stdout: string }[];

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  folder = await mkdtemp(join(tmpdir(), 'stepgate-moving-'));
  await cp(`${ROOT}examples/moving`, `${folder}/examples/moving`, { recursive: true });
  const page = await readFile(`${ROOT}docs/moving.md`, 'utf8');
  const commands = [...page.matchAll(/^npx stepgate ((?:import|export)-users .*)$/gm)];
  outcomes = [];
  for (const command of new Set(commands.map(([, typed = '']) => typed.replace(/ +#.*$/, '')))) {
    // As it is typed, but that the files are copies: a report is written beside each.
    const [name, ...args] = command.split(' ');
    const inFolder = args.map((arg) => (/\.\w+$/.test(arg) ? join(folder, arg) : arg));
    const outcome = await stepgate(app.databaseUrl, name as 'import-users' | 'export-users', ...inFolder);
    outcomes.push({ command, ...outcome });
  }
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('every sample is imported by a command that the docs show', () => {
  for (const [file, { summary }] of Object.entries(EXPECTED)) {
    const outcome = outcomes.find(({ command }) => command.includes(`/${file}`));
    expect(outcome, file).toMatchObject({
      code: summary.includes(' 0 refused') ? 0 : 1,
      stdout: expect.stringContaining(`examples/moving/${file}: ${summary}.\n`),
    });
  }
  const others = outcomes.filter(({ command }) => !command.includes('examples/moving/'));
  expect(others.map(({ command, code }) => ({ command, code }))).toEqual([
    { command: 'export-users users.ndjson', code: 0 },
  ]);
});

const people = Object.values(EXPECTED).flatMap(({ emails }) => [...emails]);
test.each(people)('%s signs in with the password and the second factor of before', async (name) => {
  const started = await client.startSignIn({ identifier: `${name}@example.com` });
  let step = await client.attempt(started.id, { password: PASSWORD });
  const [secret, phone] = [APPS[name], PHONES[name]];
  if (secret !== undefined) step = await client.attempt(started.id, { totp: client.totp(secret) });
  if (phone !== undefined) {
    await client.prepare(started.id, 'PHONE_CODE', undefined, step.factors[0]?.authenticatorId ?? '');
    step = await client.attempt(started.id, { phoneCode: await client.codeFor(phone) });
  }
  expect(step.status).toBe('COMPLETE');
});

test.each([
  ['ruth', 'K7M2-X9QD'],
  ['ida', 'fa7qpk2m4x9d'],
  ['nina', '7qpk2m4x9d'],
])('a backup code of %s works too', async (name, backupCode) => {
  const started = await client.startSignIn({ identifier: `${name}@example.com` });
  await client.attempt(started.id, { password: PASSWORD });
  expect((await client.attempt(started.id, { backupCode })).status).toBe('COMPLETE');
});

test.each(['olga', 'ines'])('%s, whose password did not come along, resets it by mail', async (name) => {
  const email = `${name}@example.com`;
  const reset = await client.startPasswordReset({ identifier: email });
  await client.prepare(reset.id, 'EMAIL_CODE');
  await client.attempt(reset.id, { emailCode: await client.codeFor(email) });
  await client.chooseNewPassword(reset.id, 'a new password of mine');
  await client.signIn({ email, password: 'a new password of mine' });
});

test('a backup code of our own sample works too', async () => {
  const started = await client.startSignIn({ identifier: 'sam@example.com' });
  await client.attempt(started.id, { password: PASSWORD });
  expect((await client.attempt(started.id, { backupCode: '7qpk2m4x9d' })).status).toBe('COMPLETE');
});
