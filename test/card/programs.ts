// The programs of these tests, which come from the operating system: HAProxy with the configuration of the documentation, and
// a smart card in software.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the Debian packages put the card. */
const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
export const PIN = '1234';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface Proxy extends AsyncDisposable {
  readonly port: number;
}

/** @param folder with server.pem, ca.pem and crl.pem. @param upstream the address of Stepgate. */
export async function startHaproxy(folder: string, upstream: string): Promise<Proxy> {
  const page = await readFile(fileURLToPath(new URL('../../docs/certificates.md', import.meta.url)), 'utf8');
  const [, documented] = /^```haproxy\n(.*?)^```$/ms.exec(page) ?? [];
  if (documented === undefined) throw new Error('The page has no configuration of HAProxy.');
  const port = await freePort();
  const configuration = documented
    .replace('bind :443', `bind 127.0.0.1:${port}`)
    .replaceAll('/etc/haproxy', folder)
    .replace('127.0.0.1:4000', upstream);
  await writeFile(join(folder, 'haproxy.cfg'), configuration);
  const process = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: 'inherit' });
  for (let tries = 0; !(await accepts(port)); tries += 1) {
    if (process.exitCode !== null || tries > 100) throw new Error('HAProxy did not start.');
    await pause(50);
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      process.kill();
      if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

export class SmartCard {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  /** A card with a key that it has made itself and never shows. */
  static async insert(folder: string): Promise<SmartCard> {
    const card = new SmartCard(folder);
    await mkdir(join(folder, 'tokens'));
    await writeFile(join(folder, 'softhsm2.conf'), `directories.tokendir = ${join(folder, 'tokens')}\n`);
    const init = ['--init-token', '--free', '--label', 'card', '--pin', PIN, '--so-pin', '123456'];
    await run('softhsm2-util', init, { env: card.#env });
    await card.#tool(
      '--login',
      '--pin',
      PIN,
      '--keypairgen',
      '--key-type',
      'EC:prime256v1',
      '--id',
      '01',
      '--label',
      'key',
    );
    return card;
  }

  private constructor(folder: string) {
    this.#folder = folder;
    this.#env = { ...process.env, SOFTHSM2_CONF: join(folder, 'softhsm2.conf') };
  }

  #tool(...args: string[]): Promise<unknown> {
    return run('pkcs11-tool', ['--module', MODULE, '--token-label', 'card', ...args], { env: this.#env });
  }

  /** In SPKI. */
  async publicKey(): Promise<CryptoKey> {
    const path = join(this.#folder, 'public.der');
    await this.#tool('--read-object', '--type', 'pubkey', '--id', '01', '--output-file', path);
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    return crypto.subtle.importKey('spki', await readFile(path), algorithm, true, ['verify']);
  }

  /** Writes the certificate to the card, from which it is read for each connection. */
  async write(certificate: Uint8Array): Promise<void> {
    const path = join(this.#folder, 'card.der');
    await writeFile(path, certificate);
    await this.#tool('--login', '--pin', PIN, '--write-object', path, '--type', 'cert', '--id', '01');
  }

  /** Sends a request over a TLS connection whose handshake the card signs. @returns the answer. */
  async send(port: number, request: string, pin = PIN): Promise<string> {
    const der = join(this.#folder, 'read.der');
    await this.#tool('--read-object', '--type', 'cert', '--id', '01', '--output-file', der);
    const key = `pkcs11:token=card;object=key;type=private;pin-value=${pin}`;
    const connection = ['-quiet', '-connect', `127.0.0.1:${port}`];
    const certificate = ['-cert', der, '-certform', 'DER'];
    const signer = ['-engine', 'pkcs11', '-keyform', 'engine', '-key', key];
    const client = spawn('openssl', ['s_client', ...connection, ...certificate, ...signer], {
      env: { ...this.#env, PKCS11_MODULE_PATH: MODULE },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    client.stdin.on('error', () => {}); // OpenSSL has failed, and the answer is empty
    client.stdin.write(request);
    const [answer] = await Promise.all([text(client.stdout), once(client, 'close')]);
    return answer;
  }
}

/** A GraphQL request as text. */
export function post(body: object, token?: string): string {
  const json = JSON.stringify(body);
  return [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    'Connection: close',
    'Content-Type: application/json',
    'Accept: application/json',
    `Content-Length: ${Buffer.byteLength(json)}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    '',
    json,
  ].join('\r\n');
}
