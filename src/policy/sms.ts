// What a text message may be used for. A phone number can be taken over without its owner's help (SIM swap, NIST SP
// 800-63B-4 section 3.1.3.3 restricts its use), so the instance, the tenant and the user can each switch it off, and
// only numbers of some countries are written to.

/** What a tenant lets a phone number be. */
export const SmsUse = { OFF: 'OFF', SECOND_FACTOR: 'SECOND_FACTOR', ANY_FACTOR: 'ANY_FACTOR' } as const;
export type SmsUse = (typeof SmsUse)[keyof typeof SmsUse];

/** What the instance allows. */
export interface SmsPolicy {
  readonly enabled: boolean;
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[];
  /** Whether a text of our own can be sent, and not only a code (a link needs one). */
  readonly sendsTexts: boolean;
}

/** Whether a number of this country, of a user who allows it or not, is written to at all. */
export function isReachable(
  { enabled, countries }: SmsPolicy,
  { tenant, user, country }: { readonly tenant: SmsUse; readonly user: boolean; readonly country: string },
): boolean {
  return enabled && tenant !== SmsUse.OFF && user && countries.includes(country);
}
