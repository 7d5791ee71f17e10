// A session whose tokens the client holds, and sends as `Authorization: Bearer …` (RFC 6750 section 2.1).
import { claimsOf } from './claims.ts';
import type { Endpoint } from './endpoint.ts';
import { exclusively } from './exclusive.ts';
import { isDue, received } from './lifetime.ts';
import { type ClientSession, type Presented, refreshSession } from './session.ts';
import type { SessionGrant } from './session-grant.ts';
import type { StoredTokens, TokenStore } from './token-store.ts';

const NOBODY: Presented = { headers: {}, cookies: false, mark: null };

export class BearerSession implements ClientSession {
  readonly #endpoint: Endpoint;
  readonly #store: TokenStore;
  readonly #lock: string | null;
  readonly #onSignedOut: () => void;
  #refreshing: Promise<StoredTokens | null> | null = null;

  /** @param lock under which other tabs share the store; null: they do not. */
  constructor(endpoint: Endpoint, store: TokenStore, lock: string | null, onSignedOut: () => void) {
    this.#endpoint = endpoint;
    this.#store = store;
    this.#lock = lock;
    this.#onSignedOut = onSignedOut;
  }

  async present(): Promise<Presented> {
    let tokens = await this.#store.get();
    if (tokens !== null && isDue(tokens)) tokens = await this.#refreshed(tokens.accessToken);
    if (tokens === null) return NOBODY;
    const { accessToken } = tokens;
    return { headers: { authorization: `Bearer ${accessToken}` }, cookies: false, mark: accessToken };
  }

  async renew({ mark }: Presented): Promise<boolean> {
    if (typeof mark !== 'string') return false;
    const tokens = await this.#refreshed(mark);
    // Another tab may have signed in somebody else, who never asked for this.
    return tokens !== null && claimsOf(tokens.accessToken).sub === claimsOf(mark).sub;
  }

  async keep(grant: SessionGrant): Promise<void> {
    await this.#store.set(received(grant));
  }

  async forget(): Promise<void> {
    await this.#store.clear();
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return exclusively(this.#store, this.#lock, work);
  }

  /** Other tokens than the stale one. Whoever asks meanwhile gets the same; null: the session has ended. */
  #refreshed(stale: string): Promise<StoredTokens | null> {
    this.#refreshing ??= this.inTurn(() => this.#refresh(stale)).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(stale: string): Promise<StoredTokens | null> {
    const held = await this.#store.get();
    if (held === null) return null; // signed out meanwhile
    if (held.accessToken !== stale && !isDue(held)) return held; // somebody else was first
    const grant = await refreshSession(this.#endpoint, held.refreshToken, NOBODY);
    if (grant !== null) {
      await this.keep(grant);
      return this.#store.get();
    }
    // Where tabs cannot wait for each other, another one may have been first all the same.
    const newest = await this.#store.get();
    if (newest !== null && newest.refreshToken !== held.refreshToken) return newest;
    await this.forget();
    if (newest !== null) this.#onSignedOut();
    return null;
  }
}
