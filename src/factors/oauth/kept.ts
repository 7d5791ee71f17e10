// What was fetched from a provider, kept through its outages: when it is old, it is fetched again, and when that fails, the
// old one stays in use for a while (I4).
import { addSeconds, type Clock } from '../../platform/clock.ts';

/** After a failure, users do not wait for another one. */
const PAUSE_SECONDS = 10;

export interface KeptTerms {
  readonly clock: Clock;
  /** From when it is fetched again. */
  readonly freshSeconds: number;
  /** Until when it is used if it cannot be fetched. */
  readonly mostSeconds: number;
}

export class Kept<T> {
  readonly #load: () => Promise<T>;
  readonly #terms: KeptTerms;
  #last: { readonly value: T; readonly loadedAt: Date } | null = null;
  #loading: Promise<T> | null = null;
  #pausedUntil: Date | null = null;

  constructor(load: () => Promise<T>, terms: KeptTerms) {
    this.#load = load;
    this.#terms = terms;
  }

  /** @throws what loading throws, if there is nothing to fall back to. */
  async get(): Promise<T> {
    const { clock, freshSeconds, mostSeconds } = this.#terms;
    const now = clock.now();
    const last = this.#last;
    if (last !== null && addSeconds(last.loadedAt, freshSeconds) > now) return last.value;
    const isUsable = last !== null && addSeconds(last.loadedAt, mostSeconds) > now;
    if (isUsable && this.#pausedUntil !== null && this.#pausedUntil > now) return last.value;
    try {
      return await this.#fetch();
    } catch (error) {
      if (isUsable) return last.value;
      throw error;
    }
  }

  /** Fetches it though it is fresh, because something in it seems to have changed. At most every few seconds. */
  async renew(): Promise<T> {
    const now = this.#terms.clock.now();
    const isNew = this.#last !== null && addSeconds(this.#last.loadedAt, PAUSE_SECONDS) > now;
    const isPaused = this.#pausedUntil !== null && this.#pausedUntil > now;
    return isNew || isPaused ? this.get() : this.#fetch().catch(() => this.get());
  }

  /** Requests that come meanwhile wait for the same answer. */
  #fetch(): Promise<T> {
    const { clock } = this.#terms;
    this.#loading ??= this.#load()
      .then((value) => {
        this.#last = { value, loadedAt: clock.now() };
        this.#pausedUntil = null;
        return value;
      })
      .catch((error: unknown) => {
        this.#pausedUntil = addSeconds(clock.now(), PAUSE_SECONDS);
        throw error;
      })
      .finally(() => {
        this.#loading = null;
      });
    return this.#loading;
  }
}
