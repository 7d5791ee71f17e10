// Runs every import command in docs/moving.md on the sample files. Then each imported user signs in with
// the password of the samples.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { stepgate } from './commands.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The password in examples/moving/README.md. */
const PASSWORD = 'Moving day 2026';

/** Each sample file: the summary of its import, and the users who sign in afterwards. */
const EXPECTED = {
  'clerk.csv': { summary: '2 of 3 records imported, 1 refused', emails: ['clara', 'carl'] },
  'auth0.ndjson': { summary: '2 of 3 records imported, 1 refused', emails: ['anna', 'arno'] },
  'supertokens.json': { summary: '2 of 2 records imported, 0 refused', emails: ['sven', 'sonja'] },
  'supertokens.csv': { summary: '1 of 2 records imported, 1 refused', emails: ['sara'] },
  'firebase.json': { summary: '2 of 3 records imported, 1 refused', emails: ['fiona', 'felix'] },
  'django.json': { summary: '2 of 4 records imported, 1 refused, 1 skipped', emails: ['dora', 'dirk'] },
  'better-auth.csv': { summary: '2 of 3 records imported, 1 refused', emails: ['bea', 'ben'] },
  'keycloak.json': { summary: '2 of 3 records imported, 0 refused, 1 skipped', emails: ['kim', 'kurt'] },
  'supabase.csv': { summary: '2 of 3 records imported, 1 refused', emails: ['paula', 'peter'] },
  // Cognito does not export hashes.
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

/** The secrets of the sample users. Keycloak's key is text in the sample, and base32 here. */
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
  const commands = [...page.matchAll(/^npx stepgate users ((?:import|export) .*)$/gm)];
  outcomes = [];
  for (const command of new Set(commands.map(([, typed = '']) => typed.replace(/ +#.*$/, '')))) {
    // Runs on copies of the files, because a report is written beside each.
    const [name, ...args] = command.split(' ');
    const inFolder = args.map((arg) => (/\.\w+$/.test(arg) ? join(folder, arg) : arg));
    const outcome = await stepgate(app.databaseUrl, name as 'import' | 'export', ...inFolder);
    outcomes.push({ command, ...outcome });
  }
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('the documentation has a working import command for every sample file', () => {
  for (const [file, { summary }] of Object.entries(EXPECTED)) {
    const outcome = outcomes.find(({ command }) => command.includes(`/${file}`));
    expect(outcome, file).toMatchObject({
      code: summary.includes(' 0 refused') ? 0 : 1,
      stdout: expect.stringContaining(`examples/moving/${file}: ${summary}.\n`),
    });
  }
  const others = outcomes.filter(({ command }) => !command.includes('examples/moving/'));
  expect(others.map(({ command, code }) => ({ command, code }))).toEqual([
    { command: 'export users.ndjson', code: 0 },
  ]);
});

const people = Object.values(EXPECTED).flatMap(({ emails }) => [...emails]);
test.each(people)('the imported user %s signs in with the old password and second factor', async (name) => {
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
])('the imported user %s signs in with an old backup code', async (name, backupCode) => {
  const started = await client.startSignIn({ identifier: `${name}@example.com` });
  await client.attempt(started.id, { password: PASSWORD });
  expect((await client.attempt(started.id, { backupCode })).status).toBe('COMPLETE');
});

test.each(['olga', 'ines'])('the imported user %s, who has no password, resets it by email', async (name) => {
  const email = `${name}@example.com`;
  const reset = await client.startPasswordReset({ identifier: email });
  await client.prepare(reset.id, 'EMAIL_CODE');
  await client.attempt(reset.id, { emailCode: await client.codeFor(email) });
  await client.chooseNewPassword(reset.id, 'a new password of mine');
  await client.signIn({ email, password: 'a new password of mine' });
});

test('the user of Stepgate’s own sample signs in with a backup code', async () => {
  const started = await client.startSignIn({ identifier: 'sam@example.com' });
  await client.attempt(started.id, { password: PASSWORD });
  expect((await client.attempt(started.id, { backupCode: '7qpk2m4x9d' })).status).toBe('COMPLETE');
});
