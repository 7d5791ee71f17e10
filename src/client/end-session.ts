// The end of a session at the server, which counts only when the server has said so.
import type { Credentials, Endpoint } from './endpoint.ts';
import { UnexpectedAnswer } from './errors.ts';
import { onceOnline } from './tabs.ts';

const SIGN_OUT = 'mutation { signOut { id } }';

/**
 * Ends a session.
 *
 * @param credentials of the session; null: they have to be renewed first.
 * @param renew gives other credentials when these are refused; null: the session is over.
 * @throws {UnexpectedAnswer}, or what `fetch` throws, while the session may live on.
 */
export async function endSession(
  endpoint: Endpoint,
  credentials: Credentials | null,
  renew: () => Promise<Credentials | null>,
): Promise<void> {
  if (credentials !== null && (await isEnded(endpoint, credentials))) return;
  const renewed = await renew();
  if (renewed !== null) await isEnded(endpoint, renewed); // refused anew: somebody else has ended it
}

/** False: the credentials are nobody's. */
async function isEnded(endpoint: Endpoint, credentials: Credentials): Promise<boolean> {
  const { errors: [error] = [] } = await endpoint.send({ query: SIGN_OUT }, credentials);
  if (error === undefined) return true;
  const code = error.extensions?.['code'];
  if (code === 'UNAUTHENTICATED') return false;
  throw new UnexpectedAnswer(200, typeof code === 'string' ? `the error ${code}` : 'an error');
}

/** A sign-out that is tried until the server has heard of it. */
export class SignOut {
  readonly #end: () => Promise<void>;
  #retrying: Promise<void> | null = null;

  /** @param end does nothing when there is nothing to end. */
  constructor(end: () => Promise<void>) {
    this.#end = end;
  }

  /** @throws while the session may live on. */
  async try(): Promise<void> {
    try {
      await this.#end();
    } catch (error) {
      onceOnline(this.retry);
      throw error;
    }
  }

  /** One at a time. It never rejects. */
  readonly retry = (): Promise<void> => {
    this.#retrying ??= this.try()
      .catch(() => {})
      .finally(() => {
        this.#retrying = null;
      });
    return this.#retrying;
  };
}
