// The context of an operation: who is asking, on which terms. What only some operations need is made when it is first
// used.
import type { Config } from '../config/config.ts';
import { localeOf } from '../delivery/messages/locales.ts';
import type { GraphQLContext, Services } from '../graphql/context.ts';
import type { Orm } from '../persistence/orm.ts';
import type { AccessTokens } from '../sessions/access-token.ts';
import { RecentSessions } from '../sessions/recent-sessions.ts';
import { bearerToken } from '../step-up/bearer.ts';
import { clientsBehind, identifyCaller } from './caller.ts';
import { browserOf, readSessionCookies, sessionDelivery } from './cookies.ts';
import type { Exchange } from './operations.ts';
import type { Origins } from './origins.ts';
import { presentedCertificates } from './presented-certificate.ts';

interface ContextParts {
  readonly config: Config;
  readonly orm: Orm;
  readonly tokens: AccessTokens;
  readonly services: Services;
  readonly origins: Origins;
}

export function contextsOf({ config, orm, tokens, services, origins }: ContextParts) {
  const { clock } = services;
  const sessions = new RecentSessions(config.sessionCacheSeconds);
  const clientOf = clientsBehind(config.trustedProxies, config.forwardedHeader);
  const { providers } = services.factors;
  const vouches = (tenantId: string, id: string) => providers.vouches(tenantId, id);
  const certificateOf = presentedCertificates(config.clientCertificates?.proxies ?? [], origins);

  return async ({ req, res, budget }: Exchange): Promise<GraphQLContext> => {
    const { method, headers } = req;
    const cookies = readSessionCookies(headers, (origin) => origins.allows(origin));
    const token = bearerToken(headers.authorization) ?? cookies.accessToken;
    const em = once(() => orm.em.fork());
    const identify = () => identifyCaller(token, { tokens, sessions, em, vouches, now: clock.now() });
    const identified = await identify();
    const client = once(() => clientOf(req));
    const locale = once(() => localeOf(headers['accept-language']));
    const setCookie = (value: string): void => void res.appendHeader('set-cookie', value);
    return {
      services,
      isUrlQuery: method === 'GET',
      budget,
      get em() {
        return em();
      },
      get client() {
        return client();
      },
      get locale() {
        return locale();
      },
      deviceToken: cookies.deviceToken,
      browser: browserOf(cookies, setCookie),
      presentedCertificate: () => certificateOf(req),
      ...identified,
      askAgain: identify,
      delivery: sessionDelivery(cookies, setCookie, () => clock.now()),
    };
  };
}

function once<T extends object | string>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
