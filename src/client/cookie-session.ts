// A session whose tokens are `__Host-` cookies, which no script can read: the client asks for them with a header, and
// learns from a refusal that they have expired.
import type { Endpoint } from './endpoint.ts';
import { exclusively } from './exclusive.ts';
import { type ClientSession, type Presented, refreshSession } from './session.ts';

const HEADERS = { 'x-stepgate-session': 'cookie' };

export class CookieSession implements ClientSession {
  readonly #endpoint: Endpoint;
  readonly #lock: string;
  readonly #onSignedOut: () => void;
  /** Counts the tokens that this client has been given. */
  #generation = 0;
  #isSignedOut = false;
  #refreshing: Promise<boolean> | null = null;

  /** @param lock under which other tabs, which have the same cookies, wait. */
  constructor(endpoint: Endpoint, lock: string, onSignedOut: () => void) {
    this.#endpoint = endpoint;
    this.#lock = lock;
    this.#onSignedOut = onSignedOut;
  }

  async present(): Promise<Presented> {
    return { headers: HEADERS, cookies: true, mark: this.#generation };
  }

  renew({ mark }: Presented): Promise<boolean> {
    this.#refreshing ??= this.inTurn(() => this.#refresh(mark)).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async keep(): Promise<void> {
    this.#generation += 1;
    this.#isSignedOut = false;
  }

  async forget(): Promise<void> {
    this.#isSignedOut = true;
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return exclusively(this.#endpoint, this.#lock, work);
  }

  async #refresh(refused: Presented['mark']): Promise<boolean> {
    if (refused !== this.#generation) return true; // somebody else was first
    const grant = await refreshSession(this.#endpoint, null, await this.present());
    if (grant !== null) await this.keep();
    else if (!this.#isSignedOut) {
      await this.forget();
      this.#onSignedOut();
    }
    return grant !== null;
  }
}
