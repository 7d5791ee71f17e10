// Client certificates of TLS connections that the server itself accepts.
import 'reflect-metadata'; // before @peculiar/x509
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { PASSWORD, type Person, TestClient } from '../../harness/client.ts';
import { Authority, type Card, SERVER_AUTH } from './authority.ts';
import { type TlsClient, tlsClient } from './tls-client.ts';

const CERTIFICATE = { certificate: true };

let folder: string;
let app: TestApp;
let port: number;
let anybody: TestClient;
let root: Authority;
let authority: Authority;
let ofServer: Card;
let jane: Person;
let card: Card;
const opened: TlsClient[] = [];

const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-tls-'));
  root = await Authority.create('Root');
  authority = await Authority.create('Authority', {}, root);
  ofServer = await root.issue({ subject: 'CN=localhost', purposes: [SERVER_AUTH] });
  await writeFile(path('server.pem'), ofServer.cert);
  await writeFile(path('server.key'), ofServer.key);
  await writeFile(path('ca.pem'), root.pem + authority.pem);
  await writeFile(path('root.crl'), await root.list([]));
  await writeFile(path('authority.crl'), await authority.list([]));
  app = await startTestApp({
    TLS_CERT: path('server.pem'),
    TLS_KEY: path('server.key'),
    CLIENT_CA: path('ca.pem'),
    CLIENT_CRL: `${path('root.crl')}, ${path('authority.crl')}`,
    CLIENT_CERT_PROXIES: '127.0.0.2',
    ACCESS_TOKEN_SECONDS: '3600',
  });
  port = Number(new URL(app.url).port);
  anybody = withCertificate(null);
  jane = await anybody.signUp();
  card = await authority.issue();
  const { id } = await anybody.startEnrollment({ factor: 'CERTIFICATE' }, jane.accessToken);
  const { status } = await withCertificate(card).attempt(id, CERTIFICATE, jane.accessToken);
  expect(status).toBe('COMPLETE');
}, 60_000);
afterAll(async () => {
  for (const one of opened) one[Symbol.dispose]();
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A client with this certificate, and headers or options of its own. */
function withCertificate(
  of: Pick<Card, 'cert' | 'key'> | null,
  headers: Readonly<Record<string, string>> = {},
  options: ConnectionOptions = {},
): TestClient {
  const made = tlsClient({ ...(of !== null && { cert: of.cert, key: of.key }), ...(options as object) });
  opened.push(made);
  return new TestClient({ url: app.url, clock: app.clock, fetch: made.fetch }, headers);
}

/** What a proof by this client comes to, in a new sign-in. */
async function proofBy(client: TestClient): Promise<string | undefined> {
  const { id } = await anybody.startSignIn({ identifier: jane.email });
  const { status, code, message } = await client.attempt(id, CERTIFICATE);
  return status ?? (code === 'CERTIFICATE_REFUSED' ? message : code);
}

const ACCEPTED = 'NEEDS_SECOND_FACTOR';

describe('over TLS', () => {
  test('the URL says so, and clients without a certificate are served', async () => {
    expect(app.url).toMatch(/^https:/);
    const { id } = await anybody.startSignIn({ identifier: jane.email });
    expect(await anybody.attempt(id, { password: PASSWORD })).toMatchObject({ status: ACCEPTED });
    expect(await proofBy(anybody)).toContain('No client certificate');
  });

  test('the enrolled certificate is accepted, in TLS 1.2 as well', async () => {
    expect(await proofBy(withCertificate(card))).toBe(ACCEPTED);
    expect(await proofBy(withCertificate(card, {}, { maxVersion: 'TLSv1.2' }))).toBe(ACCEPTED);
  });

  test('the certificate of another person is rejected', async () => {
    expect(await proofBy(withCertificate(await authority.issue()))).toBe('PROOF_REJECTED');
  });

  test('certificates that are not valid are refused, although they have the enrolled key', async () => {
    const { keys } = card;
    const unknown = await Authority.create('Unknown');
    const refusals = {
      expired: await authority.issue({ keys, from: -9, to: -1 }),
      'not valid yet': await authority.issue({ keys, from: 1, to: 9 }),
      'not meant for signing in': await authority.issue({ keys, purposes: [SERVER_AUTH] }),
      trusts: await unknown.issue({ keys }),
    };
    for (const [reason, refused] of Object.entries(refusals))
      expect(await proofBy(withCertificate(refused)), reason).toContain(reason);
    const byLeaf = await new Authority(await authority.issue()).issue({ keys });
    expect(await proofBy(withCertificate(byLeaf))).toContain('trusts');
  });

  test('an authority with the name of a trusted one gets nobody in, and disturbs nobody else', async () => {
    const impostor = await Authority.create('Authority', {}, await Authority.create('Root'));
    const forged = withCertificate(await impostor.issue({ keys: card.keys }));
    // OpenSSL may close the connection.
    expect(await proofBy(forged).catch(() => 'closed')).toMatch(/trusts|closed/);
    expect(await proofBy(withCertificate(card))).toBe(ACCEPTED);
  });

  test('an authority that the client sends along is not trusted', async () => {
    const own = await Authority.create('Own', {}, await Authority.create('Own root'));
    const mine = await own.issue({ keys: card.keys });
    const client = withCertificate({ cert: mine.cert + own.pem, key: mine.key });
    expect(await proofBy(client)).toContain('trusts');
  });

  test('a revocation list that changes counts at once, on connections that are open as well', async () => {
    const client = withCertificate(card, {}, { keepAlive: true } as ConnectionOptions);
    expect(await proofBy(client)).toBe(ACCEPTED);
    await writeFile(path('authority.crl'), await authority.list([card]));
    expect(await proofBy(client)).toContain('revoked');
    await writeFile(path('authority.crl'), await authority.list([], [-9, -1]));
    expect(await proofBy(client)).toContain('cannot find out');
    await writeFile(path('authority.crl'), await authority.list([]));
    expect(await proofBy(client)).toBe(ACCEPTED);
  });

  test('a certificate that expires while its connection is open is refused', async () => {
    await using later = await startTestApp({
      TLS_CERT: path('server.pem'),
      TLS_KEY: path('server.key'),
      CLIENT_CA: path('ca.pem'),
    });
    const made = tlsClient({ cert: card.cert, key: card.key, keepAlive: true });
    opened.push(made);
    const visitor = new TestClient({ url: later.url, fetch: made.fetch });
    const attempt = async () =>
      visitor.attempt((await visitor.startSignIn({ identifier: jane.email })).id, CERTIFICATE);
    expect(await attempt()).toMatchObject({ code: 'PROOF_REJECTED' });
    later.clock.advance(366 * 86_400);
    expect(await attempt()).toMatchObject({ message: expect.stringContaining('expired') });
  });
});

describe('a resumed session', () => {
  /** A connection that resumes the session of this ticket. */
  async function request(
    body: object,
    options: ConnectionOptions,
  ): Promise<{ answer: string; session: Buffer | null; isReused: boolean }> {
    const socket: TLSSocket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    let session: Buffer | null = null;
    socket.on('session', (ticket: Buffer) => {
      session = ticket;
    });
    await once(socket, 'secureConnect');
    const isReused = socket.isSessionReused();
    const json = JSON.stringify(body);
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
    );
    return { answer: await text(socket), session, isReused };
  }

  const attempt = (id: string): object => ({
    query: `mutation { attemptFactor(input: { workflowId: "${id}", proof: { certificate: true } }) {
      __typename ... on SignIn { status } } }`,
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('still has its certificate (%s)', async (version) => {
    const versions = { minVersion: version, maxVersion: version };
    const first = await anybody.startSignIn({ identifier: jane.email });
    const full = await request(attempt(first.id), { ...versions, cert: card.cert, key: card.key });
    expect(full.answer).toContain(ACCEPTED);
    const second = await anybody.startSignIn({ identifier: jane.email });
    if (full.session === null) throw new Error('The server sent no ticket.');
    const resumed = await request(attempt(second.id), { ...versions, session: full.session });
    expect(resumed.isReused).toBe(true);
    expect(resumed.answer).toContain(ACCEPTED);
  });

  test('of a client without a certificate has none', async () => {
    const { id } = await anybody.startSignIn({ identifier: jane.email });
    const full = await request(attempt(id), {});
    if (full.session === null) throw new Error('The server sent no ticket.');
    const { cert, key } = card;
    const resumed = await request(attempt(id), { session: full.session, cert, key });
    expect(resumed.isReused).toBe(true);
    expect(resumed.answer).toContain('CertificateRefused');
  });
});

describe('the header Client-Cert', () => {
  test('of a stranger is ignored, with and without a certificate on the connection', async () => {
    const forged = { 'client-cert': card.header };
    expect(await proofBy(withCertificate(null, forged))).toContain('No client certificate');
    const other = await authority.issue();
    expect(await proofBy(withCertificate(other, forged))).toBe('PROOF_REJECTED');
    expect(await proofBy(withCertificate(card, { 'client-cert': other.header }))).toBe(ACCEPTED);
  });

  test('of a proxy counts, and never the certificate of the proxy itself', async () => {
    const fromProxy = { localAddress: '127.0.0.2' } as ConnectionOptions;
    const other = await authority.issue();
    const passedOn = withCertificate(other, { 'client-cert': card.header }, fromProxy);
    expect(await proofBy(passedOn)).toBe(ACCEPTED);
    // Jane's own proxy, which serves everybody.
    expect(await proofBy(withCertificate(card, {}, fromProxy))).toContain('No client certificate');
    expect(await proofBy(withCertificate(card, { 'client-cert': 'x' }, fromProxy))).toContain(
      'No client certificate',
    );
  });
});

describe('the server', () => {
  test('survives connections that do not speak TLS, and answers them with nothing', async () => {
    for (const bytes of ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', '\x16\x03\x01\x00\x05junk!', '']) {
      const socket = connectTcp(port, '127.0.0.1');
      socket.end(bytes);
      expect(await text(socket).catch(() => '')).not.toContain('HTTP/1.1');
    }
    expect(await proofBy(withCertificate(card))).toBe(ACCEPTED);
  });

  test('answers malformed HTTP over TLS with its own headers', async () => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.end('NONSENSE\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toContain('400 Bad Request');
    expect(answer).toContain('x-content-type-options');
  });

  test('lets nobody renegotiate', async () => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    await once(socket, 'secureConnect');
    const outcome = await new Promise((resolve) => {
      socket.on('error', resolve);
      socket.renegotiate({}, resolve);
    });
    expect(outcome).toBeInstanceOf(Error);
    socket.destroy();
  });

  test('stops while connections are open', async () => {
    const second = await startTestApp({ TLS_CERT: path('server.pem'), TLS_KEY: path('server.key') });
    const idle = connect({
      port: Number(new URL(second.url).port),
      host: '127.0.0.1',
      rejectUnauthorized: false,
    });
    await once(idle, 'secureConnect');
    const closed = once(idle, 'close');
    idle.resume();
    const startedAt = performance.now();
    await second[Symbol.asyncDispose]();
    await closed;
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test.each([
    ['a key that is not of the certificate', () => ({ TLS_KEY: path('other.key') })],
    ['a file that is missing', () => ({ TLS_CERT: path('missing.pem') })],
  ])('does not start with %s', async (_, change) => {
    await writeFile(path('other.key'), card.key);
    const start = startTestApp({ TLS_CERT: path('server.pem'), TLS_KEY: path('server.key'), ...change() });
    await expect(start).rejects.toThrow('TLS_CERT and TLS_KEY');
  });
});
