// A smart card, and a proxy that ends the TLS connections, with the configuration of the documentation.
import 'reflect-metadata'; // before @peculiar/x509
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Authority, type Card, SERVER_AUTH } from '../factors/certificate/authority.ts';
import { type TlsClient, tlsClient } from '../factors/certificate/tls-client.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { type Proxy, post, SmartCard, startHaproxy } from './programs.ts';

const CERTIFICATE = { certificate: true };
const ACCEPTED = 'NEEDS_SECOND_FACTOR';

let folder: string;
let app: TestApp;
let proxy: Proxy;
let authority: Authority;
let anybody: TestClient;
let jane: Person;
let card: Card;
let revoked: Card;
const opened: TlsClient[] = [];

const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-card-'));
  authority = await Authority.create('Authority');
  revoked = await authority.issue();
  const ofServer = await authority.issue({ subject: 'CN=localhost', purposes: [SERVER_AUTH] });
  await writeFile(path('server.pem'), ofServer.cert + ofServer.key);
  await writeFile(path('ca.pem'), authority.pem);
  await writeFile(path('crl.pem'), await authority.list([revoked]));
  app = await startTestApp({
    TRUSTED_PROXIES: '127.0.0.1',
    CLIENT_CERT_PROXIES: '127.0.0.1',
    CLIENT_CA: path('ca.pem'),
    CLIENT_CRL: path('crl.pem'),
  });
  proxy = await startHaproxy(folder, new URL(app.url).host);
  anybody = throughProxy(null);
  jane = await anybody.signUp();
  card = await authority.issue();
  const { id } = await anybody.startEnrollment({ factor: 'CERTIFICATE' }, jane.accessToken);
  const { status } = await throughProxy(card).attempt(id, CERTIFICATE, jane.accessToken);
  expect(status).toBe('COMPLETE');
}, 60_000);
afterAll(async () => {
  for (const one of opened) one[Symbol.dispose]();
  await proxy[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function throughProxy(
  of: Pick<Card, 'cert' | 'key'> | null,
  headers: Readonly<Record<string, string>> = {},
): TestClient {
  const made = tlsClient(of === null ? {} : { cert: of.cert, key: of.key });
  opened.push(made);
  const server = { url: `https://127.0.0.1:${proxy.port}`, clock: app.clock, fetch: made.fetch };
  return new TestClient(server, headers);
}

/** What a proof by this client comes to, in a new sign-in. */
async function proofBy(client: TestClient): Promise<string | undefined> {
  const { id } = await anybody.startSignIn({ identifier: jane.email });
  const { status, code } = await client.attempt(id, CERTIFICATE);
  return status ?? code;
}

describe('through HAProxy', () => {
  test('an enrolled certificate is accepted, and that of another person is rejected', async () => {
    expect(await proofBy(throughProxy(card))).toBe(ACCEPTED);
    expect(await proofBy(throughProxy(await authority.issue()))).toBe('PROOF_REJECTED');
  });

  test('a forged header does not pass, with and without a certificate', async () => {
    for (const name of ['client-cert', 'Client-Cert', 'CLIENT-CERT']) {
      const forged = { [name]: card.header };
      expect(await proofBy(throughProxy(null, forged)), name).toBe('CERTIFICATE_REFUSED');
      expect(await proofBy(throughProxy(await authority.issue(), forged)), name).toBe('PROOF_REJECTED');
    }
  });

  test('certificates that the proxy has not accepted do not pass, although they have the enrolled key', async () => {
    const { keys } = card;
    const unknown = await Authority.create('Authority');
    for (const refused of [
      await authority.issue({ keys, from: -9, to: -1 }),
      await authority.issue({ keys, purposes: [SERVER_AUTH] }),
      await unknown.issue({ keys }),
      await new Authority(card).issue({ keys }),
      revoked,
    ]) {
      // HAProxy closes the connection of an impostor who uses the name of the authority.
      const outcome = await proofBy(throughProxy(refused)).catch(() => 'closed');
      expect(outcome).toMatch(/^(CERTIFICATE_REFUSED|closed)$/);
    }
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a resumed session keeps its certificate, good or bad (%s)',
    async (version) => {
      const versions = { minVersion: version, maxVersion: version };
      const expired = await authority.issue({ keys: card.keys, from: -9, to: -1 });
      for (const [one, outcome] of [
        [card, ACCEPTED],
        [expired, 'CERTIFICATE_REFUSED'],
      ] as const) {
        const full = await request({ ...versions, cert: one.cert, key: one.key });
        expect(full.answer).toContain(outcome);
        const resumed = await request({ ...versions, session: full.session });
        expect(resumed.isReused).toBe(true);
        expect(resumed.answer).toContain(outcome);
      }
    },
  );
});

/** Attempts the certificate of the connection. */
const attempt = (id: string): object => ({
  query: `mutation { attemptFactor(input: { workflowId: "${id}", proof: { certificate: true } }) {
    ... on Workflow { status } ... on UserError { code } } }`,
});

async function request(
  options: ConnectionOptions,
): Promise<{ answer: string; session: Buffer | undefined; isReused: boolean }> {
  const { id } = await anybody.startSignIn({ identifier: jane.email });
  const to = { port: proxy.port, host: '127.0.0.1', rejectUnauthorized: false };
  const socket: TLSSocket = connect({ ...to, ...options });
  let session: Buffer | undefined;
  socket.on('session', (ticket: Buffer) => {
    session = ticket;
  });
  await once(socket, 'secureConnect');
  const isReused = socket.isSessionReused();
  socket.write(post(attempt(id)));
  return { answer: await text(socket), session, isReused };
}

describe('a smart card', () => {
  let inserted: SmartCard;
  let john: Person;

  beforeAll(async () => {
    inserted = await SmartCard.insert(folder);
    await inserted.write(await authority.issueFor(await inserted.publicKey()));
    john = await anybody.signUp();
  });

  /** A sign-in of its owner that proves only the card. */
  async function signIn(port: number, pin?: string): Promise<string> {
    const { id } = await anybody.startSignIn({ identifier: john.email });
    return inserted.send(port, post(attempt(id)), pin);
  }

  test('is enrolled with a key that it never shows, and signs in through the proxy', async () => {
    expect(await signIn(proxy.port)).toContain('PROOF_REJECTED');
    const { id } = await anybody.startEnrollment({ factor: 'CERTIFICATE' }, john.accessToken);
    expect(await inserted.send(proxy.port, post(attempt(id), john.accessToken))).toContain('COMPLETE');
    expect(await signIn(proxy.port)).toContain(ACCEPTED);
  });

  test('signs in over the TLS of the server, and with a wrong PIN not at all', async () => {
    const [certificate = '', key = ''] = (await readFile(path('server.pem'), 'utf8')).split(
      /(?=-----BEGIN PRIV)/,
    );
    await writeFile(path('direct.pem'), certificate);
    await writeFile(path('direct.key'), key);
    await using direct = await startTestApp(
      {
        TLS_CERT: path('direct.pem'),
        TLS_KEY: path('direct.key'),
        CLIENT_CA: path('ca.pem'),
        CLIENT_CRL: path('crl.pem'),
      },
      app.databaseUrl,
      app.clock,
    );
    const port = Number(new URL(direct.url).port);
    expect(await signIn(port)).toContain(ACCEPTED);
    expect(await signIn(port, '9999')).toBe('');
  });
});
