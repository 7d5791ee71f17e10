// Renewed files of TLS: the server's own certificate, and the authorities of client certificates.
import 'reflect-metadata'; // before @peculiar/x509
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClientCertificates } from '../../src/factors/certificate/client-certificates.ts';
import { createLog } from '../../src/platform/log.ts';
import { Tls } from '../../src/server/tls.ts';
import { Authority, type Card, SERVER_AUTH } from '../factors/certificate/authority.ts';

let folder: string;
let authority: Authority;
let server: Server;
let tls: Tls;
let clientCertificates: ClientCertificates;
const logged: string[] = [];
const log = createLog('trace', { write: (line) => logged.push(line) });

const path = (name: string): string => join(folder, name);
const newCertificate = (): Promise<Card> =>
  authority.issue({ subject: 'CN=server', purposes: [SERVER_AUTH] });

async function install({ cert, key }: Card): Promise<void> {
  await writeFile(path('server.pem'), cert);
  await writeFile(path('server.key'), key);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-tls-'));
  authority = await Authority.create('Authority');
  await install(await newCertificate());
  await writeFile(path('ca.pem'), authority.pem);
  const settings = { ca: [path('ca.pem')], crl: [], ocsp: null, pinPolicies: [] };
  clientCertificates = await ClientCertificates.open(settings, log);
  tls = await Tls.open({ cert: path('server.pem'), key: path('server.key'), clientCertificates, log });
  server = createServer(tls.options, ({ socket }, response) => {
    const { authorized, authorizationError } = socket as TLSSocket;
    response.end(authorized ? 'accepted' : String(authorizationError));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

/** What a new connection sees. */
async function handshake({ cert, key }: Card): Promise<{ server: string | undefined; answer: string }> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, cert, key });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate()?.fingerprint256;
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  return { server: certificate, answer: (await text(socket)).split('\r\n\r\n')[1] ?? '' };
}

test('a renewed certificate of the server counts for new connections', async () => {
  const renewed = await newCertificate();
  await install(renewed);
  await tls.refresh(server);
  expect((await handshake(renewed)).server).toBe(renewed.node.fingerprint256);
});

test('a certificate without its key leaves the former one in place until both are there', async () => {
  const former = await newCertificate();
  await install(former);
  await tls.refresh(server);
  const next = await newCertificate();
  await writeFile(path('server.pem'), next.cert);
  await tls.refresh(server);
  expect((await handshake(former)).server).toBe(former.node.fingerprint256);
  expect(logged.join()).toContain('the former files still count');
  await writeFile(path('server.key'), next.key);
  await tls.refresh(server);
  expect((await handshake(next)).server).toBe(next.node.fingerprint256);
});

test('a new authority counts for new connections, also when a proof has read the files first', async () => {
  const another = await Authority.create('Another');
  const card = await another.issue();
  expect((await handshake(card)).answer).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  await writeFile(path('ca.pem'), authority.pem + another.pem);
  await clientCertificates.refresh();
  await tls.refresh(server);
  expect((await handshake(card)).answer).toBe('accepted');
  expect((await handshake(await authority.issue())).answer).toBe('accepted');
});
