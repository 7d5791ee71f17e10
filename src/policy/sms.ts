// What text messages may be used for. An attacker can take over a phone number (SIM swap), which is why NIST SP
// 800-63B-4 section 3.1.3.3 restricts its use. The instance, the tenant and the user can each turn text messages off,
// and messages are sent only to allowed countries.

/** How a tenant lets its users use phone numbers. */
export const SmsUse = { OFF: 'OFF', SECOND_FACTOR: 'SECOND_FACTOR', ANY_FACTOR: 'ANY_FACTOR' } as const;
export type SmsUse = (typeof SmsUse)[keyof typeof SmsUse];

/** What the instance allows, for all tenants. */
export interface SmsPolicy {
  readonly enabled: boolean;
  /** The allowed countries, as ISO 3166-1 alpha-2 codes. */
  readonly countries: readonly string[];
  /** Whether the provider sends texts that we write, which a link needs, and not only codes. */
  readonly sendsTexts: boolean;
}

/** Whether text messages may be sent to a number. `user` says whether its owner allows them. */
export function isReachable(
  { enabled, countries }: SmsPolicy,
  { tenant, user, country }: { readonly tenant: SmsUse; readonly user: boolean; readonly country: string },
): boolean {
  return enabled && tenant !== SmsUse.OFF && user && countries.includes(country);
}
