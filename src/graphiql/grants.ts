// Finds the tokens in a reply, wherever the operation has selected them.
import type { SessionGrant } from '../client/session-grant.ts';

export function grantsIn(value: unknown): SessionGrant[] {
  if (typeof value !== 'object' || value === null) return [];
  const { accessToken, refreshToken } = value as Readonly<Record<string, unknown>>;
  if (typeof accessToken === 'string' && accessToken !== '')
    return [{ accessToken, refreshToken: typeof refreshToken === 'string' ? refreshToken : '' }];
  return Object.values(value).flatMap(grantsIn);
}
