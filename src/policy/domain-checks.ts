// How often the proof of a domain is looked up again, and for how long it may be missing.

/** A proved domain is checked this often. */
export const DOMAIN_CHECK_SECONDS = 7 * 86_400;

/** One whose proof was missing at the last check, or whose name servers did not answer. */
export const DOMAIN_RECHECK_SECONDS = 86_400;

/** A domain is lost when its proof is still missing after this time. */
export const DOMAIN_GRACE_SECONDS = 7 * 86_400;

/** The domains of a tenant, so that nobody makes this server send any number of DNS queries. */
export const MOST_DOMAINS = 100;

export function isDomainLost(missingSince: Date | null, now: Date): boolean {
  return missingSince !== null && now.getTime() - missingSince.getTime() >= DOMAIN_GRACE_SECONDS * 1000;
}
