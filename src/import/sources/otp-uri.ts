// Builds the key URI of an authenticator app from its parameters.

export interface OtpParts {
  /** Base32. */
  readonly secret: string;
  readonly type?: string | undefined;
  readonly digits?: string | number | null | undefined;
  readonly period?: string | number | null | undefined;
  readonly algorithm?: string | null | undefined;
}

export function otpUri({ secret, type = 'totp', ...others }: OtpParts): string {
  const parts = Object.entries({ secret, ...others }).filter(([, value]) => value != null);
  const query = new URLSearchParams(parts.map(([name, value]) => [name, String(value)]));
  return `otpauth://${encodeURIComponent(type)}/x?${query}`;
}
