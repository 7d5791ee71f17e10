// The tokens of hybrid mode: the access token in memory, and the refresh token in a cookie that all tabs share.
import { type News, Note } from './tabs.ts';
import { isSignedOut, type StoredTokens, signedOut, type TokenStore } from './token-store.ts';

/** A refresh finds out whether there is a cookie. */
const UNKNOWN: StoredTokens = { accessToken: '?', refreshToken: '', refreshAt: 0 };

export interface TabStore extends TokenStore {
  /** Called when another tab has changed the session. */
  hear?(news: News): void;
}

export function hybridStore(lock: string): TabStore {
  const unfinished = new Note(`${lock} sign-out`);
  let held: StoredTokens | null = UNKNOWN;
  return {
    get: () => (unfinished.isSet() ? signedOut(UNKNOWN) : held),
    set(tokens) {
      if (isSignedOut(tokens)) {
        unfinished.set();
        held = UNKNOWN; // for when another tab has ended the session, and someone has signed in again
      } else {
        unfinished.clear();
        held = tokens;
      }
    },
    clear() {
      unfinished.clear();
      held = null;
    },
    hear(news) {
      held = news === 'SIGNED_OUT' ? null : UNKNOWN;
    },
  };
}
