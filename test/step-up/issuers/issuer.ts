// An issuer of the tests: it publishes its keys, and says about opaque tokens what it is told to.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export const START = 1_800_000_000;

export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const { privateKey: otherKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' };
  const opaque = new Map<string, unknown>();
  const asked: Asked[] = [];
  const state = { metadata: null as unknown, isDown: false };
  const server = createServer((request: IncomingMessage, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const body = await text(request);
    const path = request.url ?? '';
    asked.push({ path, authorization: request.headers.authorization, body });
    if (state.isDown) return { status: 503, body: {} };
    if (path === '/keys') return { status: 200, body: { keys: [jwk] } };
    if (path === '/.well-known/openid-configuration') return { status: 200, body: state.metadata };
    if (path === '/introspect')
      return {
        status: 200,
        body: opaque.get(new URLSearchParams(body).get('token') ?? '') ?? { active: false },
      };
    return { status: 404, body: {} };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    jwksUrl: `${url}/keys`,
    privateKey,
    publicKey,
    otherKey,
    asked,
    opaque,
    state,
    sign: (claims: object, header: object = {}, key = privateKey): Promise<string> =>
      new SignJWT({ iat: START, exp: START + 600, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'key-1', ...header })
        .sign(key),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;
