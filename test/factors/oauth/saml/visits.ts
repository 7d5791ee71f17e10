// A person who signs in with a SAML provider, in a browser with session cookies.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestApp } from '../../../harness/app.ts';
import { TestClient } from '../../../harness/client.ts';
import { answerIn, ScriptedBrowser } from '../../../harness/provider-visit.ts';
import type { SamlIdentityProvider } from '../../../harness/saml-provider.ts';
import { attempt, COOKIES, prepare, type Reply } from '../visits.ts';

const VIEWER =
  '{ viewer { id name identities { id providerId address } emailAddresses { address verifiedAt } assurance { level evidence { factor categories } } } }';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-saml-'));
let files = 0;

export function fileWith(content: string): string {
  files += 1;
  const path = join(folder, String(files));
  writeFileSync(path, content);
  return path;
}

/** The entry of the file of providers. */
export function samlEntry(id: string, provider: SamlIdentityProvider, more: object = {}, saml: object = {}) {
  return {
    id,
    name: `Provider ${id.toUpperCase()}`,
    saml: { metadata: fileWith(provider.metadata()), ...saml },
    ...more,
  };
}

export class SamlPerson {
  readonly client: TestClient;
  readonly #app: TestApp;
  browser: ScriptedBrowser;

  constructor(app: TestApp) {
    this.#app = app;
    this.client = new TestClient(app);
    this.browser = new ScriptedBrowser(app);
  }

  get headers(): Record<string, string> {
    return { ...COOKIES, cookie: this.browser.cookieHeader };
  }

  /** @returns where the browser is sent. */
  async ask(workflowId: string, providerId: string, token?: string): Promise<string> {
    const input = { workflowId, providerId };
    const prepared = await prepare(this.client, input, { headers: this.headers, token });
    this.browser.keep(prepared.headers);
    const url = prepared.reply.challenge?.request.url;
    if (url === undefined) throw new Error(`Not prepared: ${prepared.reply.code} ${prepared.reply.message}`);
    return url;
  }

  async metadata(providerId: string): Promise<string> {
    return (await fetch(`${this.#app.url}/metadata/${providerId}`)).text();
  }

  /** What the provider answers. */
  async answerOf(provider: SamlIdentityProvider, providerId: string, url: string): Promise<URLSearchParams> {
    return provider.answer(url, await this.metadata(providerId));
  }

  /** A form of another site brings no cookies that are SameSite=Lax. */
  post(providerId: string, form: URLSearchParams): Promise<Response> {
    const url = `${this.#app.url}/callback/${providerId}`;
    return fetch(url, { method: 'POST', body: form, redirect: 'manual' });
  }

  /** The browser posts the form, and follows to the page. @returns the proof. */
  async deliver(providerId: string, form: URLSearchParams): Promise<Record<string, string>> {
    const response = await this.post(providerId, form);
    const location = response.headers.get('location');
    if (location === null) throw new Error(`The form was answered with ${response.status}.`);
    return answerIn(await this.browser.follow(new URL(location, 'http://localhost:4000').href));
  }

  /** From a prepared workflow to its proof. */
  async visit(
    workflowId: string,
    provider: SamlIdentityProvider,
    providerId: string,
    token?: string,
  ): Promise<Record<string, string>> {
    const url = await this.ask(workflowId, providerId, token);
    return this.deliver(providerId, await this.answerOf(provider, providerId, url));
  }

  /** The tokens of a session stay in cookies. */
  async attempt(workflowId: string, proof: object, token?: string): Promise<Reply> {
    const reply = await attempt(this.client, workflowId, proof, { headers: this.headers, token });
    this.browser.keep(reply.cookies);
    return reply;
  }

  async viewer() {
    const { data } = await this.client.graphql(VIEWER, {}, undefined, this.headers);
    return data.viewer;
  }

  /** A whole sign-in without an identifier. */
  async signIn(provider: SamlIdentityProvider, providerId: string, input: object = {}): Promise<Reply> {
    const { id } = await this.client.startSignIn(input);
    return this.attempt(id, await this.visit(id, provider, providerId));
  }
}
