// Loads openid-client when a provider is first asked, because most requests have nothing to do with one.
import type * as Library from 'openid-client';

export function openid(): Promise<typeof Library> {
  return import('openid-client');
}
