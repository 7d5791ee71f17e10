// Reads a profile at GitHub, which has no ID tokens. The public address of a profile is whatever its owner typed, so the
// address comes from the list of addresses, where GitHub says which one is primary and verified.
// https://docs.github.com/en/rest/users/emails
import type { Claims, ReadProfile } from './profile.ts';

export function githubProfile(api: string): ReadProfile {
  return async (get) => {
    const { id, name, login } = Object(await get(`${api}/user`)) as Claims;
    // A login can be given up and taken by somebody else. The number stays.
    if (typeof id !== 'number' || !Number.isSafeInteger(id)) return null;
    const listed = await get(`${api}/user/emails`);
    const addresses = (Array.isArray(listed) ? listed : []) as readonly Claims[];
    const primary = addresses.find((one) => one['primary'] === true && one['verified'] === true);
    return {
      sub: String(id),
      name: name ?? login,
      ...(primary && { email: primary['email'], email_verified: true }),
    };
  };
}
