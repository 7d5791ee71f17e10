// What an application sees of its session: whether somebody is signed in, and what changes, in any tab.

/** What happened to the session, in this tab or in another one. */
export type SessionEvent = 'SIGNED_IN' | 'SIGNED_OUT' | 'STEPPED_UP';

/** The state of the session. Each change creates a new object. */
export interface SessionState {
  /** `UNKNOWN` until the client has found out, which it does for the first subscriber. */
  readonly status: 'UNKNOWN' | 'SIGNED_IN' | 'SIGNED_OUT';
  /** When a factor was last proved for a refused operation, in milliseconds by this device's clock. Null if none was. */
  readonly steppedUpAt: number | null;
}

/** The session of a client, to render what depends on it. */
export interface SessionView {
  /** The current state. */
  state(): SessionState;
  /**
   * Calls a function at each change. The first subscriber makes the client find out whether somebody is signed in.
   *
   * @param listener receives what happened.
   * @returns a function that ends the subscription.
   */
  subscribe(this: void, listener: (event: SessionEvent) => void): () => void;
}

export interface SessionWatch extends SessionView {
  note(event: SessionEvent): void;
  /** The session has ended without a call to `signOut`. */
  noteEnd(): void;
  /** Somebody may have signed in without this client. */
  doubtSignOut(): void;
}

export const UNKNOWN: SessionState = { status: 'UNKNOWN', steppedUpAt: null };

export function watchSession(
  isSignedIn: () => Promise<boolean>,
  onSignedOut: (() => void) | undefined,
): SessionWatch {
  const listeners = new Set<(event: SessionEvent) => void>();
  let state = UNKNOWN;
  let isFindingOut = false;

  function note(event: SessionEvent): void {
    state =
      event === 'STEPPED_UP'
        ? { status: 'SIGNED_IN', steppedUpAt: Date.now() }
        : { status: event, steppedUpAt: null };
    for (const listener of listeners) listener(event);
  }

  const isUnknown = (): boolean => state.status === 'UNKNOWN';

  function findOut(): void {
    if (!isUnknown() || isFindingOut || listeners.size === 0) return;
    isFindingOut = true;
    isSignedIn()
      .then((isIn) => isUnknown() && note(isIn ? 'SIGNED_IN' : 'SIGNED_OUT'))
      .catch(() => {}) // the next subscriber asks again
      .finally(() => {
        isFindingOut = false;
      });
  }

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      findOut();
      return () => listeners.delete(listener);
    },
    note,
    noteEnd() {
      note('SIGNED_OUT');
      onSignedOut?.();
    },
    doubtSignOut() {
      if (state.status !== 'SIGNED_OUT') return;
      state = UNKNOWN;
      findOut();
    },
  };
}
