// Client certificates on a developer's machine: the commands of docs/tour.md, and that production has nothing of it.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../../src/config/config.ts';
import { DevelopmentAuthority } from '../../../src/factors/certificate/development-authority.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type Person, TestClient } from '../../harness/client.ts';

const run = promisify(execFile);
const CERTIFICATE_PATHS = ['/dev/ca.pem', '/dev/certificate.pem', '/dev/revoked.pem', '/dev/foreign.pem'];

let folder: string;
let app: TestApp;
let client: TestClient;
let person: Person;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-development-'));
  app = await startTestApp({ DATA_DIR: folder, DEVELOPMENT_TLS_PORT: '0' });
  client = new TestClient(app);
  person = await client.signUp();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the commands of docs/tour.md, with this in place of the calls at their end. */
async function asInTheTour(token: string, calls: readonly string[]): Promise<Record<string, string>[]> {
  const tour = await readFile(new URL('../../../docs/tour.md', import.meta.url), 'utf8');
  const [, block = ''] = /```sh\n(.*?for name in ca.*?)```/s.exec(tour) ?? [];
  const commands = block
    .replace(/^ *prove PASTE.*$/gm, '')
    .replaceAll('http://localhost:4000', app.url)
    .replaceAll('https://localhost:4443', app.app.secureUrl ?? '')
    .replace('PASTE-accessToken-OF-TAB-21', token);
  expect(commands).toContain('prove() {');
  const script = [commands, ...calls.map((call) => `prove ${call}; echo`)].join('\n');
  const { stdout } = await run('sh', ['-ec', script], { cwd: folder });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).data.attemptFactor);
}

test('as in the tour: enrolled, used to sign in and to step up; revoked, foreign and somebody’s certificates are refused', async () => {
  const { password, email } = person;
  const { tokens } = await client.enrollTotp(person.accessToken);
  const { id } = await client.startEnrollment({ factor: 'CERTIFICATE' }, tokens.accessToken);
  const proof = { certificate: true };
  expect((await client.attempt(id, proof, tokens.accessToken)).code).toBe('CERTIFICATE_REFUSED');
  expect(
    await asInTheTour(tokens.accessToken, [`${id} revoked.pem`, `${id} foreign.pem`, id, id]),
  ).toMatchObject([
    { code: 'CERTIFICATE_REFUSED', message: expect.stringContaining('revoked') },
    { code: 'CERTIFICATE_REFUSED', message: expect.stringContaining('trusts') },
    { status: 'COMPLETE' },
    { code: 'WORKFLOW_ENDED' },
  ]);

  const pem = join(folder, 'certificate.pem');
  const mine = await readFile(pem);
  const prove = async (workflowId: string, token: string) => {
    // The commands ask for a new certificate each time; here the enrolled one is used again.
    await writeFile(join(folder, 'mine.pem'), mine);
    return (await asInTheTour(token, [`${workflowId} mine.pem`]))[0];
  };
  const signIn = await client.startSignIn({ identifier: email });
  expect((await client.attempt(signIn.id, { password })).status).toBe('NEEDS_SECOND_FACTOR');
  expect(await asInTheTour(tokens.accessToken, [signIn.id])).toMatchObject([{ code: 'PROOF_REJECTED' }]);
  expect(await prove(signIn.id, tokens.accessToken)).toMatchObject({ status: 'COMPLETE' });

  app.clock.advance(30);
  const other = await client.startStepUp({ accept: ['CERTIFICATE'], maxAge: 10 }, tokens.accessToken);
  expect(other.status).toBe('NEEDS_PROOF');
  expect(await prove(other.id, tokens.accessToken)).toMatchObject({ status: 'COMPLETE' });
});

test('keys are for their owner only, and the authority outlives a restart', async () => {
  const certificates = join(folder, 'certificates');
  expect((await stat(certificates)).mode & 0o077).toBe(0);
  for (const name of await readdir(certificates))
    expect((await stat(join(certificates, name))).mode & 0o077, name).toBe(0);
  const before = await readFile(join(certificates, 'ca.pem'), 'utf8');
  await DevelopmentAuthority.open(certificates, new Date());
  expect(await readFile(join(certificates, 'ca.pem'), 'utf8')).toBe(before);
  // Before it expires, it is made anew, as a whole.
  await DevelopmentAuthority.open(certificates, new Date(Date.now() + 310 * 86_400_000));
  expect(await readFile(join(certificates, 'ca.pem'), 'utf8')).not.toBe(before);
});

test('each certificate is new, and its key is not in the log', async () => {
  const [one, other] = await Promise.all(
    [1, 2].map(async () => (await fetch(`${app.url}/dev/certificate.pem`)).text()),
  );
  expect(one).not.toBe(other);
  const key = /PRIVATE KEY-----\n(.{40})/.exec(one ?? '')?.[1] ?? 'no key';
  expect(app.log.join()).not.toContain(key);
});

describe('a server starts all the same', () => {
  test('when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    await using another = await startTestApp({ DATA_DIR: folder, DEVELOPMENT_TLS_PORT: String(port) });
    expect(another.app.secureUrl).toBeNull();
    expect((await fetch(`${another.url}/readyz`)).status).toBe(200);
    taken.close();
  });

  test('when the folder cannot be written, and then offers no certificates', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await using another = await startTestApp({ DATA_DIR: file, DEVELOPMENT_TLS_PORT: '0' });
    expect(another.app.secureUrl).toBeNull();
    expect((await fetch(`${another.url}/dev/ca.pem`)).status).toBe(404);
  });
});

describe('production', () => {
  const PRODUCTION = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    DATABASE_URL: 'postgres://there.is.one/given.beside.this',
    PUBLIC_URL: 'https://auth.example.com',
    SECRET_KEYS: Buffer.alloc(32, 'production').toString('base64'),
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'Stepgate <auth@example.com>',
    BCRYPT_COST: '10',
  };

  test('has no TLS of this kind, gives nobody a certificate, and offers none', async () => {
    await using production = await startTestApp({ ...PRODUCTION, DATA_DIR: join(folder, 'production') });
    expect(production.app.secureUrl).toBeNull();
    for (const path of [...CERTIFICATE_PATHS, '/dev/answer', '/dev/answer.js'])
      expect((await fetch(`${production.url}${path}`)).status, path).toBe(404);
    await expect(readdir(join(folder, 'production'))).rejects.toThrow('ENOENT');
  });

  test.each([
    ['production', PRODUCTION, /must not be set in production/],
    ['a server with TLS of its own', { TLS_CERT: '/a.pem', TLS_KEY: '/a.key' }, /is for servers without/],
  ])('%s refuses DEVELOPMENT_TLS_PORT', (_what, environment, message) => {
    const all: Record<string, string> = environment;
    expect(() => readConfig({ ...all, DEVELOPMENT_TLS_PORT: '4443' })).toThrow(ConfigError);
    expect(() => readConfig({ ...all, DEVELOPMENT_TLS_PORT: '4443' })).toThrow(message);
    expect(readConfig({ ...all, DEVELOPMENT_TLS_PORT: 'off' }).developmentTls).toBeNull();
  });

  test.each([
    [{}, 4443],
    [{ NODE_ENV: 'development' }, 4443],
    [{ NODE_ENV: 'test' }, undefined],
    [{ PUBLIC_URL: 'https://auth.example.com' }, undefined],
    [{ TLS_CERT: '/a.pem', TLS_KEY: '/a.key' }, undefined],
    [{ CLIENT_CA: '/ca.pem', CLIENT_CERT_PROXIES: '127.0.0.1' }, undefined],
    [PRODUCTION, undefined],
  ])('by itself, it is served on a developer’s machine only: %o', (environment, port) => {
    expect(readConfig(environment).developmentTls?.port).toBe(port);
  });
});
