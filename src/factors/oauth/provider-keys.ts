// The keys with which a provider signs (RFC 7517). They are kept through an outage, and fetched again when a token names a
// key that is not among them: the provider has rotated its keys.
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import type { Outgoing } from '../../platform/outgoing.ts';
import { PUBLIC_KEY_ALGORITHMS } from '../../step-up/issuers/algorithms.ts';
import { Kept, type KeptTerms } from './kept.ts';

const FRESH_SECONDS = 600;
/** Longer, and a key that the provider has withdrawn would count for too long. */
const MOST_SECONDS = 86_400;

export class ProviderKeys {
  readonly #keys: Kept<ReturnType<typeof createLocalJWKSet>>;

  constructor(fetchUrl: Outgoing, url: () => Promise<string>, { clock }: Pick<KeptTerms, 'clock'>) {
    this.#keys = new Kept(async () => createLocalJWKSet(await fetchKeys(fetchUrl, await url())), {
      clock,
      freshSeconds: FRESH_SECONDS,
      mostSeconds: MOST_SECONDS,
    });
  }

  /** @throws the errors of jose when the token is not right, and others when the keys cannot be fetched. */
  async verify(token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    const checks = { ...options, algorithms: [...PUBLIC_KEY_ALGORITHMS] };
    try {
      return (await jwtVerify(token, await this.#keys.get(), checks)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await jwtVerify(token, await this.#keys.renew(), checks)).payload;
    }
  }
}

async function fetchKeys(fetchUrl: Outgoing, url: string): Promise<JSONWebKeySet> {
  const answer = await fetchUrl(url, { headers: { accept: 'application/json' } });
  if (answer.status !== 200) throw new Error(`The keys of the provider were answered with ${answer.status}.`);
  return (await answer.json()) as JSONWebKeySet;
}
