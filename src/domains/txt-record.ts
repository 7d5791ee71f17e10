// Looks up the TXT record by which a domain is proved (RFC 1464 in spirit, at a name of its own, so that it does not mix with
// SPF and others). Only an answer counts: a name server that does not answer, or fails, says nothing.
import { Resolver } from 'node:dns/promises';

/** FOUND: the record is there. ABSENT: name servers say that it is not. UNKNOWN: they have said nothing. */
export type Lookup = 'FOUND' | 'ABSENT' | 'UNKNOWN';

const TRY_MS = 2000;
const TRIES = 2;
/** For all name servers together. */
const MOST_MS = 10_000;

/** NXDOMAIN and NODATA (RFC 2308). Everything else is a failure. */
const NO_SUCH_RECORD = new Set(['ENOTFOUND', 'ENODATA']);

export class TxtRecords {
  readonly #servers: readonly string[] | null;

  /** @param servers addresses, with ports if they are not 53. Null: those of the system. */
  constructor(servers: readonly string[] | null) {
    this.#servers = servers;
  }

  async lookUp(name: string, value: string): Promise<Lookup> {
    const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
    if (this.#servers !== null) resolver.setServers(this.#servers);
    const deadline = setTimeout(() => resolver.cancel(), MOST_MS);
    try {
      const records = await resolver.resolveTxt(name);
      // A long record is sent in parts (RFC 7208 section 3.3).
      return records.some((parts) => parts.join('').trim() === value) ? 'FOUND' : 'ABSENT';
    } catch (error) {
      return NO_SUCH_RECORD.has(String((error as { code?: unknown }).code)) ? 'ABSENT' : 'UNKNOWN';
    } finally {
      clearTimeout(deadline);
    }
  }
}
