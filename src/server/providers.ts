// The paths that each identity provider has at this server: for the answers of users, for its own reports, and with SAML for
// our metadata.
import type { IncomingMessage } from 'node:http';
import { LogoutTokenRefusedError, logOut } from '../factors/oauth/logout.ts';
import type { Providers } from '../factors/oauth/providers.ts';
import { returnPage } from '../factors/oauth/return.ts';
import { keepResponse, LARGEST_RESPONSE_FORM } from '../factors/oauth/saml/responses.ts';
import { serviceMetadata } from '../factors/oauth/saml/service-metadata.ts';
import { type Orm, sqlOf } from '../persistence/orm.ts';
import type { Clock } from '../platform/clock.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Client } from '../sessions/grants.ts';
import { type FindReturn, type KeepAnswer, LARGEST_CALLBACK_FORM } from './provider-callback.ts';
import type { EndSessionsAt } from './provider-logout.ts';

export interface ProviderPaths {
  /** Whether there is such a provider. */
  has(providerId: string): boolean;
  /** In bytes: how large a form its callback takes. */
  largestForm(providerId: string): number;
  readonly findReturn: FindReturn;
  readonly keepAnswer: KeepAnswer;
  readonly endSessions: EndSessionsAt;
  /** Undefined unless it speaks SAML. */
  metadataOf(providerId: string): (() => Promise<string>) | undefined;
}

interface Parts {
  readonly providers: Providers;
  readonly ring: KeyRing;
  readonly orm: Orm;
  readonly clock: Clock;
  readonly clientOf: (request: IncomingMessage) => Client;
}

export function providerPaths({ providers, ring, orm, clock, clientOf }: Parts): ProviderPaths {
  const saml = (id: string) => {
    const provider = providers.get(id);
    return provider?.protocol === 'SAML' ? provider : null;
  };
  return {
    has: (id) => providers.get(id) !== null,
    largestForm: (id) => (saml(id) === null ? LARGEST_CALLBACK_FORM : LARGEST_RESPONSE_FORM),
    keepAnswer: async (providerId, form) =>
      saml(providerId) === null
        ? form
        : keepResponse(orm.em.fork(), ring, { providerId, form, now: clock.now() }),
    findReturn: (asked) =>
      returnPage(sqlOf(orm.em.fork()), { ring, providers }, { ...asked, now: clock.now() }),
    async endSessions(id, token, request) {
      const provider = providers.get(id);
      if (provider?.protocol !== 'OAUTH' || !provider.isOpenId) return 'This provider has no logout tokens.';
      try {
        await logOut(provider, token, { em: orm.em.fork(), client: clientOf(request), now: clock.now() });
        return null;
      } catch (error) {
        if (error instanceof LogoutTokenRefusedError) return error.message;
        throw error;
      }
    },
    metadataOf(id) {
      const provider = saml(id);
      return provider === null ? undefined : () => serviceMetadata(provider);
    },
  };
}
