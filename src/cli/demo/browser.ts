// A browser for the demo: it keeps cookies, follows redirects, and chooses a new person at the example provider.
import { ORIGIN, SERVER, type Send } from './play.ts';

const MOST_HOPS = 20;

export class DemoBrowser {
  /** Cookies by host name. Browsers do not tell ports apart. */
  readonly #cookies = new Map<string, Map<string, string>>();

  /** For operations. */
  readonly send: Send = async (body, headers) =>
    (await this.#fetch(`${ORIGIN}/graphql`, { method: 'POST', headers, body })).json();

  /** Signs in at the provider. @returns its answer, which the page of the application reads after the `#`. */
  async signInAt(url: string): Promise<Record<string, string>> {
    let next = url;
    for (let hops = 0; hops < MOST_HOPS; hops += 1) {
      const { hash } = new URL(next);
      if (hash !== '') return Object.fromEntries(new URLSearchParams(hash.slice(1)));
      const page = await this.#fetch(next);
      const answer =
        page.status === 200
          ? await this.#fetch(next, { method: 'POST', body: new URLSearchParams({ person: 'new' }) })
          : page;
      const location = answer.headers.get('location');
      if (location === null) throw new Error(`The sign-in stopped at ${new URL(next).origin}.`);
      next = new URL(location, next).href;
    }
    throw new Error('The redirects of the provider do not end.');
  }

  async #fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const { hostname } = new URL(url);
    const jar = this.#cookies.get(hostname) ?? new Map<string, string>();
    this.#cookies.set(hostname, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string> | undefined), cookie };
    // The server may be reached at another address than its own.
    const reached = url.startsWith(`${ORIGIN}/`) ? SERVER + url.slice(ORIGIN.length) : url;
    const response = await fetch(reached, { ...init, headers, redirect: 'manual' });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    return response;
  }
}
