// Pwned Passwords of Have I Been Pwned, or a service with the same range API. The request contains only the first five
// of forty digits of the password's hash, which about a thousand breached passwords share. The response lists the rest
// of their hashes, so the service learns neither the password nor the result (k-anonymity). Padding hides the length of
// the response from an eavesdropper. https://haveibeenpwned.com/API/v3#PwnedPasswords
import { LRUCache } from 'lru-cache';
import { passwordHash } from '../../../breached-index/password-hash.ts';
import type { ServiceUrl } from '../../../config/service-url.ts';
import type { Clock } from '../../../platform/clock.ts';
import { type Outgoing, type OutgoingError, outgoing } from '../../../platform/outgoing.ts';
import { type Breach, type BreachedPasswords, BreachedUnavailableError } from './breached.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';

const PREFIX_DIGITS = 5;
const TIMEOUT_SECONDS = 2;
const DAY_SECONDS = 86_400;
/** The limit for all cached ranges together: about a hundred ranges, in about 12 MB. */
const MOST_SUFFIXES = 100_000;

/** How often each password of a range was seen, by the remaining digits of its hash. */
type Range = ReadonlyMap<string, number>;

export class RangeApi implements BreachedPasswords {
  readonly #ranges: LRUCache<string, Range>;

  constructor(
    { url, ...terms }: ServiceUrl,
    breaker: CircuitBreaker,
    clock: Clock,
    mostSuffixes = MOST_SUFFIXES,
  ) {
    const send = outgoing({ ...terms, timeoutSeconds: TIMEOUT_SECONDS });
    this.#ranges = new LRUCache({
      maxSize: mostSuffixes,
      sizeCalculation: ({ size }) => Math.max(1, size),
      ttl: DAY_SECONDS * 1000,
      ttlResolution: 0,
      perf: { now: () => clock.now().getTime() },
      // Parallel look-ups of one range share one request, even if the range is evicted before the response arrives.
      fetchMethod: (prefix) => breaker.ask(() => fetchRange(send, url, prefix)),
      ignoreFetchAbort: true,
    });
  }

  async find(password: string): Promise<Breach | null> {
    const digits = passwordHash(password).toString('hex').toUpperCase();
    const range = await this.#ranges.fetch(digits.slice(0, PREFIX_DIGITS));
    if (range === undefined)
      throw new BreachedUnavailableError('The request to the range API was cancelled.');
    const times = range.get(digits.slice(PREFIX_DIGITS));
    return times === undefined ? null : { times };
  }

  async close(): Promise<void> {
    this.#ranges.clear();
  }
}

async function fetchRange(send: Outgoing, url: string, prefix: string): Promise<Range> {
  const response = await send(`${url}/range/${prefix}?mode=sha1`, {
    headers: { 'add-padding': 'true', 'user-agent': 'stepgate' },
  }).catch(({ code }: OutgoingError) => {
    throw new BreachedUnavailableError(
      code === 'TIMEOUT'
        ? `The range API did not answer within ${TIMEOUT_SECONDS} seconds.`
        : `The range API cannot be reached (${code}).`,
    );
  });
  if (!response.ok) throw new BreachedUnavailableError(`The range API returned HTTP ${response.status}.`);
  const lines = (await response.text()).split(/\r?\n/).filter((line) => line !== '');
  const entries = lines.map((line) => /^([0-9A-F]{35}):(\d{1,15})$/.exec(line));
  // No range of five digits is empty, so anything else is not a valid response.
  if (lines.length === 0 || entries.includes(null))
    throw new BreachedUnavailableError('The range API returned an invalid response.');
  const counts = entries.map((entry): [string, number] => [entry?.[1] ?? '', Number(entry?.[2])]);
  return new Map(counts.filter(([, times]) => times > 0)); // padding has count 0
}
