// A real identity provider, node-oidc-provider, on loopback. Whoever visits it is signed in as the person whom the test has
// chosen, without a page.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import NodeOidcProvider, { type Configuration, type JWKS } from 'oidc-provider';

export interface Visitor {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly acr?: string;
  readonly amr?: string[];
}

export const CLIENT_ID = 'stepgate';
export const CLIENT_SECRET = 'a-secret-of-the-provider-32-characters';

interface Options {
  readonly redirectUris: readonly string[];
  readonly logoutUri?: string;
  /** Changes an answer on its way, as a hostile provider would make it. */
  intercept?(request: IncomingMessage, response: ServerResponse): boolean;
}

export async function newKeys(kid: string): Promise<JWKS> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return {
    keys: [{ ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' }],
  };
}

export class IdentityProvider implements AsyncDisposable {
  /** The person at the browser. */
  visitor: Visitor = { sub: 'nobody' };
  /** Changes the claims of an ID token before it is signed. */
  claims: ((claims: Record<string, unknown>) => Record<string, unknown>) | null = null;
  /** Whether it keeps the person signed in. */
  remembers = false;
  /** Requests by path. */
  readonly requests: string[] = [];
  intercept: Options['intercept'];
  /** Changes the response of the token endpoint. */
  tamper: ((body: Record<string, unknown>) => Promise<Record<string, unknown>>) | null = null;
  readonly #server: Server;
  #provider: NodeOidcProvider;

  private constructor(server: Server, provider: NodeOidcProvider) {
    this.#server = server;
    this.#provider = provider;
  }

  static async start(options: Options, keys?: JWKS): Promise<IdentityProvider> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let self: IdentityProvider | null = null;
    const provider = await makeProvider(issuer, options, keys ?? (await newKeys('first')), () => self);
    self = new IdentityProvider(server, provider);
    self.intercept = options.intercept;
    const running = self;
    server.on('request', (request, response) => void running.#serve(request, response));
    return self;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Starts anew with other keys. Everything that it has given out is forgotten. */
  async restart(options: Options, keys: JWKS): Promise<void> {
    this.#provider = await makeProvider(this.issuer, options, keys, () => this);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url?.split('?', 1)[0]}`);
    if (this.intercept?.(request, response)) return;
    if (request.url?.startsWith('/interaction/')) {
      const { sub, acr, amr } = this.visitor;
      const login = { accountId: sub, remember: this.remembers, ...(acr && { acr }), ...(amr && { amr }) };
      await this.#provider.interactionFinished(request, response, { login });
      return;
    }
    await this.#provider.callback()(request, response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function makeProvider(
  issuer: string,
  { redirectUris, logoutUri }: Options,
  jwks: JWKS,
  self: () => IdentityProvider | null,
): Promise<NodeOidcProvider> {
  const configuration: Configuration = {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [...redirectUris],
        ...(logoutUri && { backchannel_logout_uri: logoutUri, backchannel_logout_session_required: true }),
      },
    ],
    jwks,
    cookies: { keys: ['a key of the tests'] },
    acrValues: ['phr', 'aal1'],
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time', 'sid'],
      email: ['email', 'email_verified'],
      profile: ['name'],
    },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => {
        const { acr: _acr, amr: _amr, ...claims } = self()?.visitor ?? { sub };
        return { ...claims, sub };
      },
    }),
    async loadExistingGrant(context) {
      const { client, session, provider } = context.oidc;
      const grant = new provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      grant.addOIDCClaims(['acr', 'amr', 'auth_time', 'sid']);
      await grant.save();
      return grant;
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    // Its own guard refuses loopback addresses.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
  };
  const provider = new NodeOidcProvider(issuer, configuration);
  provider.use(async (context, next) => {
    await next();
    if (context.path !== '/token' || context.status !== 200) return;
    const { claims, tamper } = self() ?? {};
    if (claims) context.body = await resigned(context.body as Record<string, unknown>, jwks, claims);
    if (tamper) context.body = await tamper(context.body as Record<string, unknown>);
  });
  return provider;
}

async function resigned(
  body: Record<string, unknown>,
  { keys: [key] }: JWKS,
  change: (claims: Record<string, unknown>) => Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const claims = change(decodeJwt(String(body['id_token'])));
  const header = { alg: 'RS256', kid: key?.kid ?? '' };
  const signed = new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(key as JWK));
  return { ...body, id_token: await signed };
}
