// Where breached passwords are looked up.
import { type ServiceTerms, serviceUrl } from './service-url.ts';
import type { BreachedPasswordSettings } from './settings.ts';
import type { Environment } from './variables.ts';

const PWNED_PASSWORDS = 'https://api.pwnedpasswords.com';

export function breachedSource(env: Environment, terms: ServiceTerms): BreachedPasswordSettings['source'] {
  const { BREACHED_PASSWORDS: chosen = 'common' } = env;
  switch (chosen) {
    case 'common':
      return { name: 'common' };
    case 'online':
      return { name: 'online', ...serviceUrl(env.BREACHED_PASSWORDS_URL ?? PWNED_PASSWORDS, terms) };
    default:
      return { name: 'index', path: chosen };
  }
}
