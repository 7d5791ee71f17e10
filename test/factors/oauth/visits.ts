// A person who signs in with an identity provider: through the cookies of a browser and our callback, or as a client that
// receives the answer itself.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import type { TestClient } from '../../harness/client.ts';
import { MachineClock } from '../../harness/clock.ts';
import { CLIENT_ID, CLIENT_SECRET, type IdentityProvider } from '../../harness/identity-provider.ts';
import { answerIn, ScriptedBrowser } from '../../harness/provider-visit.ts';

export const RETURN_URL = 'https://app.example.com/signed-in';
export const COOKIES = { 'x-stepgate-session': 'cookie' };

export const callback = (id: string) => `http://localhost:4000/callback/${id}`;
export const native = (id: string) => `https://app.example.com/native/${id}`;

/** The entry of the file of providers. */
export function entry(id: string, { issuer }: Pick<IdentityProvider, 'issuer'>, more: object = {}): object {
  return {
    id,
    name: `Provider ${id.toUpperCase()}`,
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [native(id)],
    ...more,
  };
}

export async function providersFile(providers: readonly object[]): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'stepgate-providers-')), 'providers.json');
  await writeFile(path, JSON.stringify({ returnUrls: [RETURN_URL], providers }));
  return path;
}

/** A server with these providers, on the machine's clock, as the providers are. */
export async function appWith(
  providers: readonly object[],
  environment: Readonly<Record<string, string>> = {},
  databaseUrl?: string,
): Promise<TestApp> {
  const file = await providersFile(providers);
  return startTestApp({ PROVIDERS_FILE: file, ...environment }, databaseUrl, new MachineClock());
}

const SELECTION = `__typename ... on UserError { code message }
  ... on InvalidInput { fields { path message } }
  ... on Workflow { id status remedy challenge { factor request } factors { factor providerId hint needsPreparing } }`;
const GRANT = 'session { accessToken refreshToken session { id } }';
const COMPLETE = `${SELECTION} ... on ProofRejected { attemptsRemaining } ... on SignIn { totp { secret } ${GRANT} } ... on StepUp { ${GRANT} } ... on Enrollment { ${GRANT} }`;

export interface Reply {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
  readonly fields?: readonly { path: string; message: string }[];
  readonly attemptsRemaining?: number;
  readonly id: string;
  readonly status?: string;
  readonly remedy?: string;
  readonly challenge: { factor: string; request: { url: string; providerId: string } } | null;
  readonly factors: readonly { factor: string; providerId: string | null; hint: string | null }[];
  readonly totp?: { secret: string } | null;
  readonly session: { accessToken: string; refreshToken: string; session: { id: string } } | null;
}

export interface Asking {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function prepare(client: TestClient, input: object, { token, headers = {} }: Asking = {}) {
  const query = `mutation ($input: PrepareFactorInput!) { prepareFactor(input: $input) { ${SELECTION} } }`;
  const answer = await client.graphql(query, { input: { factor: 'OAUTH', ...input } }, token, headers);
  if (answer.errors[0]) throw new Error(answer.errors[0].message);
  return { reply: answer.data.prepareFactor as Reply, headers: answer.headers };
}

export async function attempt(
  client: TestClient,
  workflowId: string,
  oauth: object,
  { token, headers = {} }: Asking = {},
): Promise<Reply & { readonly cookies: Headers }> {
  const query = `mutation ($input: AttemptFactorInput!) { attemptFactor(input: $input) { ${COMPLETE} } }`;
  const variables = { input: { workflowId, proof: { oauth } } };
  const answer = await client.graphql(query, variables, token, headers);
  if (answer.errors[0]) throw new Error(answer.errors[0].message);
  return { ...answer.data.attemptFactor, cookies: answer.headers };
}

/** A request of a client that receives the answer itself, and the proof with the answer. */
export async function visit(
  client: TestClient,
  workflowId: string,
  providerId: string,
  {
    browser = new ScriptedBrowser(client),
    token,
  }: { browser?: ScriptedBrowser; token?: string | undefined } = {},
): Promise<{ readonly url: string; readonly proof: Record<string, string> }> {
  const bindingSecret = randomBytes(32).toString('base64url');
  const bindingDigest = createHash('sha256').update(bindingSecret).digest('base64url');
  const redirectUri = native(providerId);
  const { reply } = await prepare(client, { workflowId, providerId, redirectUri, bindingDigest }, { token });
  const url = reply.challenge?.request.url;
  if (url === undefined) throw new Error(`Not prepared: ${reply.code} ${reply.message}`);
  const page = await browser.follow(url);
  if (!(page instanceof URL)) throw new Error(`The browser stopped at a page: ${page.status}.`);
  const { code = '', state = '', iss } = Object.fromEntries(page.searchParams);
  return { url, proof: { providerId, code, state, ...(iss !== undefined && { iss }), bindingSecret } };
}

/** A whole sign-in without an identifier. */
export async function signInWith(client: TestClient, providerId: string, input: object = {}): Promise<Reply> {
  const { id } = await client.startSignIn(input);
  const { proof } = await visit(client, id, providerId);
  return attempt(client, id, proof);
}

/** The same through the cookies of a browser and our callback. */
export async function visitInBrowser(
  client: TestClient,
  browser: ScriptedBrowser,
  workflowId: string,
  providerId: string,
): Promise<Record<string, string>> {
  const headers = { ...COOKIES, cookie: browser.cookieHeader };
  const prepared = await prepare(client, { workflowId, providerId }, { headers });
  browser.keep(prepared.headers);
  const url = prepared.reply.challenge?.request.url;
  if (url === undefined) throw new Error(`Not prepared: ${prepared.reply.code} ${prepared.reply.message}`);
  return answerIn(await browser.follow(url));
}
