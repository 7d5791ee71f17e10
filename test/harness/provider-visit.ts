// A browser that follows a sign-in at an identity provider to the end: it keeps cookies and follows redirects.
import type { TestApp } from './app.ts';

const PUBLIC_URL = 'http://localhost:4000';

export class ScriptedBrowser {
  readonly #app: Pick<TestApp, 'url'>;
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor(app: Pick<TestApp, 'url'>) {
    this.#app = app;
  }

  /** The session cookies of the server, for requests to the API. */
  get cookieHeader(): string {
    return this.#header(PUBLIC_URL);
  }

  /** Keeps the cookies of a response of the server. */
  keep(headers: Headers, origin = PUBLIC_URL): void {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    for (const cookie of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    this.#cookies.set(origin, jar);
  }

  #header(origin: string): string {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Sends a form to a provider. */
  async post(url: string, body: URLSearchParams): Promise<Response> {
    const { origin } = new URL(url);
    const headers = { cookie: this.#header(origin) };
    const response = await fetch(url, { method: 'POST', redirect: 'manual', headers, body });
    this.keep(response.headers, origin);
    return response;
  }

  /** @returns the first URL that is not at the provider or the server, or the page that they show. */
  async follow(url: string, stopAt: (url: URL) => boolean = () => false): Promise<URL | Response> {
    let next = new URL(url);
    for (let hops = 0; hops < 20; hops += 1) {
      if (next.hostname === 'app.example.com' || stopAt(next)) return next;
      const { origin } = next;
      const target = origin === PUBLIC_URL ? `${this.#app.url}${next.pathname}${next.search}` : next.href;
      const response = await fetch(target, { redirect: 'manual', headers: { cookie: this.#header(origin) } });
      this.keep(response.headers, origin);
      const location = response.headers.get('location');
      if (location === null) return response;
      next = new URL(location, next);
    }
    throw new Error('The redirects do not end.');
  }
}

/** What the page of the application reads after the `#`. */
export function answerIn(page: URL | Response): Record<string, string> {
  if (!(page instanceof URL)) throw new Error(`The browser stopped at a page with status ${page.status}.`);
  const { error: _error, ...answer } = Object.fromEntries(new URLSearchParams(page.hash.slice(1)));
  return answer;
}
