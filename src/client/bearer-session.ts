// A session whose tokens the client holds and sends as `Authorization: Bearer …` (RFC 6750 section 2.1).
import { claimsOf } from './claims.ts';
import { type ClientSession, NOBODY, type Presented, refreshSession } from './client-session.ts';
import { endSession, SignOut } from './end-session.ts';
import type { Endpoint } from './endpoint.ts';
import { exclusively } from './exclusive.ts';
import type { TabStore } from './hybrid-store.ts';
import { Freshness, isDue, received } from './lifetime.ts';
import type { SessionGrant } from './session-grant.ts';
import type { SessionWatch } from './session-watch.ts';
import { type News, openNews } from './tabs.ts';
import { isSignedOut, type StoredTokens, signedOut } from './token-store.ts';

export class BearerSession implements ClientSession {
  readonly #endpoint: Endpoint;
  readonly #store: TabStore;
  readonly #lock: string | null;
  readonly #watch: SessionWatch;
  readonly tell: (news: News) => void;
  readonly #freshness = new Freshness();
  /** Whether this client has seen tokens, so that the application must be told when the session ends. */
  #isKnown = false;
  #refreshing: Promise<StoredTokens | null> | null = null;
  readonly #signOut = new SignOut(() => this.inTurn(() => this.#end()));
  /** The access token at the start of a sign-out. */
  #left: string | null = null;

  /** @param lock the name of the lock shared with other tabs; null if the store is not shared. */
  constructor(endpoint: Endpoint, store: TabStore, lock: string | null, watch: SessionWatch) {
    this.#endpoint = endpoint;
    this.#store = store;
    this.#lock = lock;
    this.#watch = watch;
    this.tell = openNews(lock, (news) => void this.#hear(news).catch(() => {}));
  }

  async present(): Promise<Presented> {
    let tokens = await this.#store.get();
    if (tokens !== null && isSignedOut(tokens)) {
      await this.finishSignOut();
      return NOBODY;
    }
    if (tokens !== null && isDue(tokens)) tokens = await this.#refreshedOrEnded(tokens.accessToken);
    if (tokens === null) return NOBODY;
    this.#isKnown = true;
    return presented(tokens.accessToken);
  }

  async renew({ mark }: Presented): Promise<boolean> {
    return typeof mark === 'string' && isOfSameUser(await this.#refreshedOrEnded(mark), mark);
  }

  async update({ mark }: Presented, isCertain: boolean): Promise<boolean> {
    if (typeof mark !== 'string') return false;
    const held = await this.#store.get();
    const isNewest = held?.accessToken === mark && this.#refreshing === null;
    if (isNewest && !isCertain && this.#freshness.isYoung) return false;
    const tokens = await this.#refreshed(mark).catch(() => null);
    this.#freshness.note();
    return isOfSameUser(tokens, mark);
  }

  async isSignedIn(): Promise<boolean> {
    return (await this.present()).mark !== null;
  }

  noticeMutation(): void {}

  async keep(grant: SessionGrant): Promise<void> {
    this.#freshness.note();
    this.#isKnown = true;
    const { refreshToken } = grant;
    // A grant without a refresh token leaves the current one valid.
    const held = refreshToken === '' ? await this.#store.get() : null;
    await this.#store.set(received({ ...grant, refreshToken: held?.refreshToken ?? refreshToken }));
  }

  async replace(grant: SessionGrant): Promise<boolean> {
    const held = await this.#store.get();
    const isHeld = held !== null && !isSignedOut(held);
    if (isHeld) await this.keep(grant);
    // The user has signed out in the meantime. Only these tokens can still end the session.
    else if (held !== null && grant.refreshToken !== '') await this.#store.set(signedOut(grant));
    return isHeld;
  }

  async signOut(): Promise<void> {
    await this.inTurn(() => this.#leave());
    await this.#signOut.try();
  }

  async finishSignOut(): Promise<void> {
    const held = await this.#store.get();
    if (held !== null && isSignedOut(held)) await this.#signOut.retry();
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return exclusively(this.#store, this.#lock, work);
  }

  async #leave(): Promise<void> {
    const held = await this.#store.get();
    if (held === null || isSignedOut(held)) return;
    await this.#store.set(signedOut(held));
    this.#left = held.accessToken;
    this.#isKnown = false;
    this.tell('SIGNED_OUT');
    this.#watch.note('SIGNED_OUT');
  }

  async #end(): Promise<void> {
    const held = await this.#store.get();
    if (held === null || !isSignedOut(held)) return; // another tab was first
    const left = this.#left;
    this.#left = null;
    await endSession(this.#endpoint, left === null ? null : presented(left), async () => {
      const grant = await refreshSession(this.#endpoint, held.refreshToken, NOBODY);
      if (grant === null) return null;
      await this.#store.set(signedOut(grant));
      return presented(grant.accessToken);
    });
    await this.#store.clear();
  }

  /** News from another tab, whose store may or may not be this one. */
  async #hear(news: News): Promise<void> {
    this.#store.hear?.(news);
    const held = await this.#store.get();
    const isNobody = held === null || isSignedOut(held);
    if (news === 'SIGNED_OUT') {
      if (isNobody && this.#isKnown) this.#noteEnd();
    } else if (!isNobody && news !== 'MAYBE_SIGNED_IN') {
      this.#isKnown = true;
      this.#watch.note(news);
    }
  }

  #noteEnd(): void {
    this.#isKnown = false;
    this.#watch.noteEnd();
  }

  /** Newer tokens than the stale one, or null when the session has ended. */
  async #refreshedOrEnded(stale: string): Promise<StoredTokens | null> {
    const tokens = await this.#refreshed(stale);
    if (tokens === null)
      await this.inTurn(async () => {
        if ((await this.#store.get())?.accessToken !== stale) return;
        await this.#store.clear();
        this.#noteEnd();
      });
    return tokens;
  }

  /** Newer tokens than the stale one, or null. Concurrent calls share one refresh. */
  #refreshed(stale: string): Promise<StoredTokens | null> {
    this.#refreshing ??= this.inTurn(() => this.#refresh(stale)).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(stale: string): Promise<StoredTokens | null> {
    const held = await this.#store.get();
    if (held === null || isSignedOut(held)) return null; // signed out in the meantime
    if (held.accessToken !== stale && !isDue(held)) return held; // another caller was first
    const grant = await refreshSession(this.#endpoint, held.refreshToken, NOBODY);
    if (grant !== null) {
      await this.keep(grant);
      return this.#store.get();
    }
    // Without the Web Locks API, another tab may have been first.
    const newest = await this.#store.get();
    return newest !== null && !isSignedOut(newest) && newest.refreshToken !== held.refreshToken
      ? newest
      : null;
  }
}

function presented(accessToken: string): Presented {
  return { headers: { authorization: `Bearer ${accessToken}` }, cookies: false, mark: accessToken };
}

/** Another tab may have signed in a different user, for whom the operation must not be repeated. */
function isOfSameUser(tokens: StoredTokens | null, refused: string): boolean {
  return tokens !== null && claimsOf(tokens.accessToken).sub === claimsOf(refused).sub;
}
