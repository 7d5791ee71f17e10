// Pwned Passwords of Have I Been Pwned, or a service with the same range API. The request contains only the first five
// of forty digits of the password's hash, which about a thousand breached passwords share. The response lists the rest
// of their hashes, so the service learns neither the password nor the result (k-anonymity). Padding hides the length of
// the response from an eavesdropper. https://haveibeenpwned.com/API/v3#PwnedPasswords
import { STATUS_CODES } from 'node:http';
import { pwnedPasswordRange } from 'hibp';
import { LRUCache } from 'lru-cache';
import { passwordHash } from '../../../breached-index/password-hash.ts';
import type { Clock } from '../../../platform/clock.ts';
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

  constructor(url: string, breaker: CircuitBreaker, clock: Clock, mostSuffixes = MOST_SUFFIXES) {
    this.#ranges = new LRUCache({
      maxSize: mostSuffixes,
      sizeCalculation: ({ size }) => Math.max(1, size),
      ttl: DAY_SECONDS * 1000,
      ttlResolution: 0,
      perf: { now: () => clock.now().getTime() },
      // Parallel look-ups of one range share one request, even if the range is evicted before the response arrives.
      fetchMethod: (prefix) => breaker.ask(() => fetchRange(url, prefix)),
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

async function fetchRange(url: string, prefix: string): Promise<Range> {
  const counts = await pwnedPasswordRange(prefix, {
    baseUrl: url,
    addPadding: true,
    timeoutMs: TIMEOUT_SECONDS * 1000,
    userAgent: 'stepgate',
  }).catch((error: unknown) => {
    throw new BreachedUnavailableError(`The range API ${failureOf(error)}.`);
  });
  const entries = Object.entries(counts);
  // No range of five digits is empty, so anything else is not a valid response.
  const isRange = entries.every(([suffix, times]) => /^[0-9A-F]{35}$/.test(suffix) && times >= 0);
  if (!isRange || entries.length === 0) {
    throw new BreachedUnavailableError('The range API returned an invalid response.');
  }
  return new Map(entries.filter(([, times]) => times > 0)); // padding has count 0
}

/** Our own words, because the service's message may contain the prefix or anything else. */
function failureOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `did not answer within ${TIMEOUT_SECONDS} seconds`;
  if (Object.values(STATUS_CODES).includes(message)) return `returned ${message}`;
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `cannot be reached (${code})` : 'failed';
}
