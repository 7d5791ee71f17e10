// A push service on loopback, over HTTPS with a certificate of its own, and a device that is subscribed there. It verifies
// who sends (VAPID) with jose and decrypts what was sent with http_ece, which are not what the product uses.
import 'reflect-metadata';
import { createECDH, randomBytes, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  cryptoProvider,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import ece from 'http_ece';
import { decodeProtectedHeader, importJWK, type JWTPayload, jwtVerify } from 'jose';
import type { Subscription } from '../../src/cli/demo/approving-device.ts';

export interface Pushed {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly payload: unknown;
  readonly vapid: JWTPayload;
  /** The key that the sender named. */
  readonly senderKey: string;
}

export interface PushAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export class PushService implements AsyncDisposable {
  readonly pushed: Pushed[] = [];
  /** What it answers, in this order, and then 201. */
  readonly answers: PushAnswer[] = [];
  /** How many requests it got, also those that it did not understand. */
  requests = 0;
  readonly #server: Server;
  readonly #device = createECDH('prime256v1');
  readonly #authSecret = randomBytes(16).toString('base64url');
  readonly #trusted = getCACertificates('default');

  private constructor(key: string, cert: string) {
    this.#device.generateKeys();
    setDefaultCACertificates([...this.#trusted, cert]);
    this.#server = createServer({ key, cert }, (request, response) => void this.#take(request, response));
  }

  static async start(): Promise<PushService> {
    cryptoProvider.set(webcrypto as Crypto);
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=push service',
      keys: keys as CryptoKeyPair,
      signingAlgorithm: algorithm,
      extensions: [
        new SubjectAlternativeNameExtension([
          { type: 'ip', value: '127.0.0.1' },
          { type: 'dns', value: 'localhost' },
        ]),
      ],
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    const service = new PushService(PemConverter.encode(pkcs8, 'PRIVATE KEY'), certificate.toString('pem'));
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** What a browser gives the page that subscribes. */
  get subscription(): Subscription {
    const p256dh = this.#device.getPublicKey('base64url');
    return { endpoint: `${this.origin}/send/a-secret-path`, keys: { p256dh, auth: this.#authSecret } };
  }

  /** Waits for the next message. */
  async next(): Promise<Pushed> {
    const { length } = this.pushed;
    for (let tries = 0; tries < 400; tries += 1) {
      const pushed = this.pushed[length];
      if (pushed !== undefined) return pushed;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('Nothing was pushed.');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const body = await buffer(request);
    this.pushed.push(await this.#read(request.headers, request.url ?? '', body));
    const { status, headers = {} } = this.answers.shift() ?? { status: 201 };
    response.writeHead(status, headers).end();
  }

  async #read(headers: IncomingHttpHeaders, path: string, body: Buffer): Promise<Pushed> {
    const [, token = '', senderKey = ''] =
      /^vapid t=([\w.-]+), k=([\w-]{87})$/.exec(headers.authorization ?? '') ?? [];
    const point = Buffer.from(senderKey, 'base64url');
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((one) => one.toString('base64url'));
    const key = await importJWK({ kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }, 'ES256');
    const { payload: vapid } = await jwtVerify(token, key, { audience: this.origin });
    if (decodeProtectedHeader(token).alg !== 'ES256') throw new Error('VAPID requires ES256.');
    const privateKey = this.#device;
    const plain = ece.decrypt(body, { version: 'aes128gcm', privateKey, authSecret: this.#authSecret });
    return { headers, path, payload: JSON.parse(plain.toString()), vapid, senderKey };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    setDefaultCACertificates(this.#trusted);
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
