// The provider: node-oidc-provider with one client, Stepgate, and a page on which a person is chosen. It keeps everything in
// memory and makes its keys at the start.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair } from 'jose';
import NodeOidcProvider, { type Configuration, interactionPolicy } from 'oidc-provider';
import { EXAMPLE_CLIENT } from '../../src/config/example-provider.ts';
import { Memory } from './memory.ts';
import { errorPage, HOME_PAGE, loginPage, logoutPage, SIGNED_OUT_PAGE } from './pages.ts';
import { findPerson, newPerson, PEOPLE } from './people.ts';

const INTERACTION = /^\/interaction\/[\w-]+$/;
const LARGEST_FORM = 1024;
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

export interface ExampleProviderOptions {
  /** Where it is, as its users see it. */
  readonly issuer: string;
  /** The `PUBLIC_URL` of Stepgate, which is told of each sign-out. */
  readonly stepgate: string;
}

export async function createExampleProvider(options: ExampleProviderOptions): Promise<Server> {
  const provider = new NodeOidcProvider(options.issuer, await configurationOf(options));
  const serve = provider.callback();
  return createServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    if (path === '/' && request.method === 'GET') return show(response, HOME_PAGE);
    if (!INTERACTION.test(path)) return void serve(request, response);
    choosePerson(provider, request, response).catch(() => {
      show(response, errorPage('invalid_request', 'This sign-in has expired.'), 400);
    });
  });
}

function show(response: ServerResponse, html: string, status = 200): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
  });
  response.end(html);
}

async function choosePerson(
  provider: NodeOidcProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { session } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    return show(response, loginPage(PEOPLE, findPerson(session?.accountId ?? '')));
  }
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  if (length > LARGEST_FORM) return show(response, errorPage('invalid_request'), 413);
  const chosen = new URLSearchParams(await text(request)).get('person') ?? '';
  const person = chosen === 'new' ? newPerson() : findPerson(chosen);
  const answer = person === null ? { error: 'access_denied' } : { login: { accountId: person.sub } };
  await provider.interactionFinished(request, response, answer);
}

async function configurationOf({ stepgate }: ExampleProviderOptions): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = randomBytes(8).toString('hex');
  return {
    adapter: Memory,
    clients: [
      {
        client_id: EXAMPLE_CLIENT.id,
        client_secret: EXAMPLE_CLIENT.secret,
        token_endpoint_auth_method: 'client_secret_post',
        // So any port will do, wherever Stepgate runs on this machine (RFC 8252 section 7.3).
        application_type: 'native',
        redirect_uris: ['localhost', '127.0.0.1'].map((host) => `http://${host}/callback/example`),
        backchannel_logout_uri: `${stepgate}/logout/example`,
        backchannel_logout_session_required: true,
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' }] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    claims: {
      openid: ['sub', 'auth_time', 'sid'],
      email: ['email', 'email_verified'],
      profile: ['name'],
    },
    conformIdTokenClaims: false, // the address is in the ID token
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = logoutPage(form);
        },
        postLogoutSuccessSource: (context) => {
          context.body = SIGNED_OUT_PAGE;
        },
      },
    },
    findAccount: (_context, sub) => {
      const person = findPerson(sub);
      return person === null ? undefined : { accountId: sub, claims: () => ({ ...person }) };
    },
    // Stepgate may know the name and the address of everybody.
    async loadExistingGrant(context) {
      const { client, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
    interactions: { policy: alwaysAsking(), url: (_context, { uid }) => `/interaction/${uid}` },
    renderError: (context, { error, error_description: description }) => {
      context.type = 'html';
      context.body = errorPage(error, description);
    },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 600,
      Grant: 3600,
      IdToken: 600,
      Interaction: 3600,
      Session: 86_400,
    },
    // Its own guard refuses addresses of this machine, which is where Stepgate is.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
  };
}

/** Also who is signed in already chooses a person, so that it is easy to be somebody else. Nobody consents to anything. */
function alwaysAsking(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  const { Check } = interactionPolicy;
  policy
    .get('login')
    ?.checks.add(
      new Check('choose_person', 'A person has to be chosen', (context) =>
        context.oidc.result?.login === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT,
      ),
    );
  return policy;
}
