// Have I Been Pwned's Pwned Passwords, or a service that speaks its range API. It is told the first five of forty digits
// of the password's hash, which some thousand breached passwords share, and answers the rest of each of them: it learns
// neither the password nor the answer (k-anonymity). Padding hides from whoever watches the line how long the answer is.
// https://haveibeenpwned.com/API/v3#PwnedPasswords
import { STATUS_CODES } from 'node:http';
import { pwnedPasswordRange } from 'hibp';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../../platform/clock.ts';
import { type Breach, type BreachedPasswords, BreachedUnavailableError } from './breached.ts';
import type { Outage } from './outage.ts';
import { passwordHash } from './password-hash.ts';

const PREFIX_DIGITS = 5;
const TIMEOUT_SECONDS = 2;
const DAY_SECONDS = 86_400;
/** In all ranges that are kept: a hundred or so, in some 12 MB. */
const MOST_SUFFIXES = 100_000;

/** How often each password of a range was seen, by the rest of its hash. */
type Range = ReadonlyMap<string, number>;

export class RangeApi implements BreachedPasswords {
  readonly #ranges: LRUCache<string, Range>;

  constructor(url: string, outage: Outage, clock: Clock, mostSuffixes = MOST_SUFFIXES) {
    this.#ranges = new LRUCache({
      maxSize: mostSuffixes,
      sizeCalculation: ({ size }) => Math.max(1, size),
      ttl: DAY_SECONDS * 1000,
      ttlResolution: 0,
      perf: { now: () => clock.now().getTime() },
      // Whoever wants a range that is on its way waits for that one, even if it is no longer to be kept.
      fetchMethod: (prefix) => outage.ask(() => fetchRange(url, prefix)),
      ignoreFetchAbort: true,
    });
  }

  async find(password: string): Promise<Breach | null> {
    const digits = passwordHash(password).toString('hex').toUpperCase();
    const range = await this.#ranges.fetch(digits.slice(0, PREFIX_DIGITS));
    if (range === undefined) throw new BreachedUnavailableError('The range API is no longer waited for.');
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
  // No range of five digits is empty, and a page that says something else is not an answer.
  const isRange = entries.every(([suffix, times]) => /^[0-9A-F]{35}$/.test(suffix) && times >= 0);
  if (!isRange || entries.length === 0) {
    throw new BreachedUnavailableError('The range API answered something that is not a range.');
  }
  return new Map(entries.filter(([, times]) => times > 0)); // padding was seen 0 times
}

/** In words of ours: what the other side wrote may hold the prefix, or anything else. */
function failureOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `did not answer within ${TIMEOUT_SECONDS} seconds`;
  if (Object.values(STATUS_CODES).includes(message)) return `answered ${message}`;
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `cannot be reached (${code})` : 'cannot be asked';
}
