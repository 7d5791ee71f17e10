// The two paths that each identity provider has at this server: one for the answers of users, one for its own reports.
import type { IncomingMessage } from 'node:http';
import { LogoutTokenRefusedError, logOut } from '../factors/oauth/logout.ts';
import type { Providers } from '../factors/oauth/providers.ts';
import { returnPage } from '../factors/oauth/return.ts';
import { type Orm, sqlOf } from '../persistence/orm.ts';
import type { Clock } from '../platform/clock.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Client } from '../sessions/grants.ts';
import type { FindReturn } from './provider-callback.ts';
import type { EndSessionsAt } from './provider-logout.ts';

export interface ProviderPaths {
  /** Whether there is such a provider. */
  has(providerId: string): boolean;
  readonly findReturn: FindReturn;
  readonly endSessions: EndSessionsAt;
}

interface Parts {
  readonly providers: Providers;
  readonly ring: KeyRing;
  readonly orm: Orm;
  readonly clock: Clock;
  readonly clientOf: (request: IncomingMessage) => Client;
}

export function providerPaths({ providers, ring, orm, clock, clientOf }: Parts): ProviderPaths {
  return {
    has: (id) => providers.get(id) !== null,
    findReturn: (asked) =>
      returnPage(sqlOf(orm.em.fork()), { ring, providers }, { ...asked, now: clock.now() }),
    async endSessions(id, token, request) {
      const provider = providers.get(id);
      if (provider === null || !provider.isOpenId) return 'This provider has no logout tokens.';
      try {
        await logOut(provider, token, { em: orm.em.fork(), client: clientOf(request), now: clock.now() });
        return null;
      } catch (error) {
        if (error instanceof LogoutTokenRefusedError) return error.message;
        throw error;
      }
    },
  };
}
