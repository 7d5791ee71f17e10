// The public export `stepgate/client/provider`: proves an account at an identity provider. The user leaves the page for the
// provider and comes back to a page that is loaded anew, so what belongs to the answer is kept for the tab: which workflow
// it is for, the `state` of the request, and in bearer mode the secret that it is bound to. No token is kept.
import type { StepgateClient, WorkflowOfType } from './client.ts';
import { StepUpError } from './errors.ts';
import type { Workflow, WorkflowType } from './workflow.ts';

/** Keeps a text until the user is back: `sessionStorage`, or a store of the application. */
export interface ReturnStorage {
  getItem(name: string): string | null | Promise<string | null>;
  setItem(name: string, text: string): unknown;
  removeItem(name: string): unknown;
}

/** Which provider to ask, and where its answer goes. */
export interface ProviderRequest {
  /** The `providerId` of one of the workflow’s `factors`. */
  readonly providerId: string;
  /** In cookie and hybrid mode, the page that gets the answer: one of `returnUrls`. By default the first one. */
  readonly returnTo?: string;
  /** In bearer mode, the page or the app that gets the answer: one of the provider’s `redirectUris`. */
  readonly redirectUri?: string;
  /** Default: `sessionStorage`. */
  readonly storage?: ReturnStorage;
}

/** Where to find the answer. */
export interface ReturnOptions {
  /** The URL that was opened. Default: the URL of the page. */
  readonly url?: string;
  /** Default: `sessionStorage`. */
  readonly storage?: ReturnStorage;
}

/** The user is back. */
export interface ReturnedFromProvider {
  /** The workflow that the user left. If it is not `COMPLETE`, it may need another factor. */
  readonly workflow: WorkflowOfType[WorkflowType];
  /**
   * Why the account was not proved. `PROVIDER_CANCELLED`: the user refused. `PROVIDER_FAILED`: the provider has answered with
   * an error. Otherwise a code of `attempt`. Null if it was proved.
   */
  readonly error: StepUpError | null;
}

interface Kept {
  readonly type: WorkflowType;
  readonly id: string;
  readonly state: string;
  readonly providerId: string;
  readonly redirectUri: string | undefined;
  /** Useless without the code that the provider sends, and used once. */
  readonly bindingSecret: string | undefined;
}

const NAME = 'stepgate provider';

/**
 * Prepares a request to an identity provider. Send the user to the URL that it returns, for example with
 * `location.assign(url)`. On the page that gets the answer, call `returnFromProvider`.
 *
 * @throws {StepUpError} if it is refused, for example with `PROVIDER_UNAVAILABLE` or `RETURN_NOT_ALLOWED`.
 * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
 */
export async function providerUrl(
  workflow: Workflow,
  { storage = ofTab(), ...request }: ProviderRequest,
): Promise<string> {
  const { providerId, redirectUri } = request;
  const bindingSecret =
    redirectUri === undefined ? undefined : base64url(crypto.getRandomValues(new Uint8Array(32)));
  const bindingDigest = bindingSecret && (await digest(bindingSecret));
  await workflow.prepare('OAUTH', null, { ...request, ...(bindingDigest && { bindingDigest }) });
  const { url = '' } = (workflow.challenge?.request ?? {}) as { readonly url?: string };
  const state = new URL(url).searchParams.get('state') ?? '';
  const { type, id } = workflow;
  const kept: Kept = { type, id, state, providerId, redirectUri, bindingSecret };
  await storage.setItem(NAME, JSON.stringify(kept));
  return url;
}

/**
 * Call it on the page that gets the answer of an identity provider. It takes the answer out of the URL, so that it is not
 * kept in the history, and sends it to the workflow that the user left.
 *
 * @returns null if this tab waits for no answer, or the URL has none that belongs to its request. Nothing is sent then.
 * @throws {StepUpError} if the workflow does not exist any more.
 * @throws {UnexpectedAnswer}, or the error of `fetch`, if a request fails.
 */
export async function returnFromProvider(
  client: StepgateClient,
  { url = page().location?.href ?? '', storage = ofTab() }: ReturnOptions = {},
): Promise<ReturnedFromProvider | null> {
  const text = await storage.getItem(NAME);
  const kept = text === null ? null : (JSON.parse(text) as Kept);
  const answer = kept && answerIn(url, kept);
  // Anybody can open this page with an answer of their own (login CSRF).
  if (kept === null || answer?.state !== kept.state) return null;
  await storage.removeItem(NAME);
  page().history?.replaceState(null, '', kept.redirectUri ?? url.replace(/#.*/, ''));
  const { error, ...oauth } = answer;
  const workflow = await client.resume(kept.type, kept.id);
  if (error !== undefined) return { workflow, error: refusal(error) };
  try {
    await workflow.attempt({ oauth });
    return { workflow, error: null };
  } catch (caught) {
    if (caught instanceof StepUpError) return { workflow, error: caught };
    throw caught;
  }
}

/** After the `#`, where the callback of Stepgate puts it, or at the client's own redirect URI. */
function answerIn(
  url: string,
  { providerId, redirectUri, bindingSecret }: Kept,
): Record<string, string> | null {
  const { hash, searchParams } = new URL(url);
  if (redirectUri === undefined) return read(new URLSearchParams(hash.slice(1)), 'providerId');
  // The answer of one provider must not be taken for that of another one, which has another redirect URI.
  if (url.replace(/[?#].*/, '') !== redirectUri.replace(/[?#].*/, '')) return null;
  return { ...read(searchParams), providerId, ...(bindingSecret && { bindingSecret }) };
}

function read(answer: URLSearchParams, ...more: string[]): Record<string, string> {
  const names = ['code', 'state', 'iss', 'error', ...more];
  return Object.fromEntries([...answer].filter(([name]) => names.includes(name)));
}

function refusal(error: string): StepUpError {
  return error === 'access_denied'
    ? new StepUpError({
        code: 'PROVIDER_CANCELLED',
        message: 'You did not sign in there. Try again, or choose another way.',
      })
    : new StepUpError({
        code: 'PROVIDER_FAILED',
        message: 'The provider could not sign you in. Try again, or choose another way.',
      });
}

interface Page {
  readonly location?: { readonly href: string };
  readonly history?: { replaceState(state: null, unused: string, url: string): void };
  readonly sessionStorage?: ReturnStorage;
}

const page = (): Page => globalThis;

function ofTab(): ReturnStorage {
  const { sessionStorage } = page();
  if (sessionStorage === undefined) throw new TypeError('There is no sessionStorage. Pass `storage`.');
  return sessionStorage;
}

async function digest(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
