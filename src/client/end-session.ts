// Ends a session on the server, and retries until the server confirms.
import type { Credentials, Endpoint } from './endpoint.ts';
import { UnexpectedAnswer } from './errors.ts';
import { onceOnline } from './tabs.ts';

const SIGN_OUT = 'mutation { signOut { id } }';

/**
 * Ends a session.
 *
 * @param credentials of the session; null if they must be renewed first.
 * @param renew returns new credentials, or null if the session has ended.
 * @throws {UnexpectedAnswer}, or the error of `fetch`, if the session may still exist.
 */
export async function endSession(
  endpoint: Endpoint,
  credentials: Credentials | null,
  renew: () => Promise<Credentials | null>,
): Promise<void> {
  if (credentials !== null && (await isEnded(endpoint, credentials))) return;
  const renewed = await renew();
  if (renewed !== null) await isEnded(endpoint, renewed); // if refused again, the session has ended already
}

/** @returns false if the credentials are not valid. */
async function isEnded(endpoint: Endpoint, credentials: Credentials): Promise<boolean> {
  const { errors: [error] = [] } = await endpoint.send({ query: SIGN_OUT }, credentials);
  if (error === undefined) return true;
  const code = error.extensions?.['code'];
  if (code === 'UNAUTHENTICATED') return false;
  throw new UnexpectedAnswer(200, typeof code === 'string' ? `the error ${code}` : 'an error');
}

/** A sign-out that is retried until the server confirms it. */
export class SignOut {
  readonly #end: () => Promise<void>;
  #retrying: Promise<void> | null = null;

  /** @param end must do nothing when there is nothing to end. */
  constructor(end: () => Promise<void>) {
    this.#end = end;
  }

  /** @throws if the session may still exist. */
  async try(): Promise<void> {
    try {
      await this.#end();
    } catch (error) {
      onceOnline(this.retry);
      throw error;
    }
  }

  /** Runs one retry at a time. Never rejects. */
  readonly retry = (): Promise<void> => {
    this.#retrying ??= this.try()
      .catch(() => {})
      .finally(() => {
        this.#retrying = null;
      });
    return this.#retrying;
  };
}
