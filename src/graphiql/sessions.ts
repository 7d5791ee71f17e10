// The sessions that the workbench holds, in memory only. Each has a client of its own, which refreshes its tokens. Two of
// them are two devices: they share nothing.
import type { StepgateClient } from '../client/client.ts';
import { createStepgateClient } from '../client/create-client.ts';
import type { SessionGrant } from '../client/session-grant.ts';
import { isSignedOut, type StoredTokens, type TokenStore } from '../client/token-store.ts';
import { type ReadToken, readToken } from './access-token.ts';
import { Observable } from './observable.ts';

export interface HeldSession {
  readonly id: string;
  /** `Session 1`, in the order in which they began. */
  readonly name: string;
  readonly client: StepgateClient;
  readonly token: ReadToken;
}

export interface SessionsState {
  readonly held: readonly HeldSession[];
  /** The session whose token is sent. Null sends none. */
  readonly chosen: HeldSession | null;
}

export class Sessions extends Observable<SessionsState> {
  readonly #url: string;
  readonly #onEnrollmentRequired: () => Promise<boolean>;
  #begun = 0;

  /**
   * @param url the API of Stepgate.
   * @param onEnrollmentRequired returns whether the user has enrolled a factor.
   */
  constructor(url: string, onEnrollmentRequired: () => Promise<boolean>) {
    super({ held: [], chosen: null });
    this.#url = url;
    this.#onEnrollmentRequired = onEnrollmentRequired;
  }

  choose(id: string | null): void {
    const { held } = this.state();
    this.become({ held, chosen: held.find((one) => one.id === id) ?? null });
  }

  /** A client without a session. When it signs in, its session is added, and chosen. */
  newClient(): StepgateClient {
    const client = createStepgateClient({
      url: this.#url,
      tokens: this.#storeOf(() => client),
      onEnrollmentRequired: this.#onEnrollmentRequired,
    });
    return client;
  }

  /** Adds the session of tokens that a reply brought, or replaces the older tokens of a session. */
  async keep(grant: SessionGrant): Promise<void> {
    const token = readToken(grant.accessToken);
    if (token === null) return;
    const known = this.state().held.find(({ id }) => id === token.sessionId);
    await (known?.client ?? this.newClient()).setSession(grant);
  }

  /** A store that tells the list of every change. */
  #storeOf(client: () => StepgateClient): TokenStore {
    let stored: StoredTokens | null = null;
    return {
      get: () => stored,
      set: (tokens) => {
        const before = stored && readToken(stored.accessToken);
        stored = tokens;
        if (isSignedOut(tokens)) this.#remove(before?.sessionId);
        else this.#put(client(), tokens.accessToken);
      },
      clear: () => {
        const before = stored && readToken(stored.accessToken);
        stored = null;
        this.#remove(before?.sessionId);
      },
    };
  }

  #put(client: StepgateClient, accessToken: string): void {
    const token = readToken(accessToken);
    if (token === null) return;
    const { held, chosen } = this.state();
    const before = held.find(({ id }) => id === token.sessionId);
    if (before === undefined) this.#begun += 1;
    const session = { id: token.sessionId, name: before?.name ?? `Session ${this.#begun}`, client, token };
    this.become({
      held: before ? held.map((one) => (one === before ? session : one)) : [...held, session],
      chosen: before === undefined || before === chosen ? session : chosen,
    });
  }

  #remove(id: string | undefined): void {
    const { held, chosen } = this.state();
    this.become({
      held: held.filter((one) => one.id !== id),
      chosen: chosen?.id === id ? null : chosen,
    });
  }
}
