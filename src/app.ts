// Wires the parts of the server together.
import type { Config } from './config/config.ts';
import { canSendText } from './config/twilio.ts';
import { configuredTransports } from './delivery/configured-transports.ts';
import { openGeoIp } from './delivery/geoip.ts';
import { MessageLimits } from './delivery/message-limits.ts';
import { Outbox } from './delivery/outbox.ts';
import { readPushKey } from './delivery/push-key.ts';
import { startWorker } from './delivery/worker.ts';
import { recheckDomains } from './domains/recheck.ts';
import { TxtRecords } from './domains/txt-record.ts';
import { ClientCertificates } from './factors/certificate/client-certificates.ts';
import { forgetSubscription } from './factors/device-approval/forget-subscription.ts';
import { Providers } from './factors/oauth/providers.ts';
import { readMakers } from './factors/passkey/metadata.ts';
import { openBreachedPasswords } from './factors/password/breached/open.ts';
import { CheckLimit } from './factors/password/check-limit.ts';
import { PasswordHasher } from './factors/password/hash.ts';
import { HashingQueue } from './factors/password/hashing-queue.ts';
import { HASHING_THREADS } from './factors/password/hashing-threads.ts';
import { NewPasswords } from './factors/password/new-passwords.ts';
import { FactorRegistry } from './factors/registry.ts';
import type { Services } from './graphql/context.ts';
import { printedSchema } from './graphql/schema.ts';
import { isReady, migrate } from './persistence/migrations.ts';
import { openOrm, poolOf, sqlOf } from './persistence/orm.ts';
import { RefusalTally } from './persistence/refusal-tally.ts';
import { checkKeys, useKeys } from './persistence/secret-keys.ts';
import { WorkflowChanges } from './persistence/workflow-changes.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { KeyRing } from './platform/key-ring.ts';
import type { Log } from './platform/log.ts';
import { KEYS_READ_EVERY_SECONDS } from './policy/key-rotation.ts';
import type { SmsPolicy } from './policy/sms.ts';
import { clientsBehind } from './server/caller.ts';
import { listenWithTls, openDevelopmentAuthority } from './server/development-tls.ts';
import { GraphiQL } from './server/graphiql.ts';
import { createGraphQLEndpoint } from './server/graphql.ts';
import { hostsOf } from './server/hosts.ts';
import { createHttpServer } from './server/http.ts';
import { Origins } from './server/origins.ts';
import { providerPaths } from './server/providers.ts';
import type { HttpParts } from './server/routes.ts';
import { Tls } from './server/tls.ts';
import { AccessTokens } from './sessions/access-token.ts';
import { Grants } from './sessions/grants.ts';
import { SigningKeys } from './sessions/signing-keys.ts';
import { readSchema } from './step-up/schema-file/schema.ts';
import { eraseUsers } from './users/erase-users.ts';
import { NetworkLimits } from './workflows/network-limits.ts';
import { WorkflowRunner } from './workflows/runner.ts';
import { WaitingClients } from './workflows/waiting-clients.ts';

export interface App {
  /** The address on which it listens, with the actual port if PORT is 0. */
  readonly url: string;
  /** The same with TLS, in development. Null when it is not served. */
  readonly secureUrl: string | null;
  /** Finishes running requests, then closes the worker and the connection pool. */
  stop(): Promise<void>;
}

export interface AppParts {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly log: Log;
  readonly clock?: Clock;
}

export async function startApp({ config, databaseUrl, log, clock = systemClock }: AppParts): Promise<App> {
  // Closed in reverse order, by `stop`, or here if a later part fails to start.
  await using opened = new AsyncDisposableStack();
  const applied = await migrate(databaseUrl, clock.now());
  if (applied.length > 0) log.info({ applied }, 'migrations applied');
  const orm = await openOrm(databaseUrl);
  opened.defer(() => orm.close());

  const { productName } = config;
  const ring = new KeyRing(config.secretKeys);
  await useKeys(sqlOf(orm.em.fork()), ring);
  const hasher = new PasswordHasher(ring, config.bcryptCost, new HashingQueue(HASHING_THREADS));
  const breached = await openBreachedPasswords(config.breachedPasswords, log, clock);
  opened.defer(() => breached.close());
  const geoip = await openGeoIp(config.geoipDatabase);
  const sms: SmsPolicy = { ...config.sms, sendsTexts: canSendText(config) };
  const development = await openDevelopmentAuthority(config, clock.now(), log);
  const trusted = config.clientCertificates ?? development?.clientCertificates ?? null;
  const clientCertificates = trusted && (await ClientCertificates.open(trusted, log));
  const tls = config.tls && (await Tls.open({ ...config.tls, clientCertificates, log }));
  const providers = new Providers(config.providers, {
    publicUrl: config.publicUrl,
    isDevelopment: !config.production,
    clock,
    log,
  });
  const factors = new FactorRegistry(ring, hasher, {
    sms,
    linkUrl: config.linkUrl,
    approvalUrl: `${config.publicUrl}/approve`,
    geoip,
    passkeys: config.passkeys,
    makers: await readMakers(config.passkeyMetadata),
    clientCertificates,
    providers,
  });
  const keys = new SigningKeys(orm, ring, clock);
  const tokens = new AccessTokens(keys, config.publicUrl);
  const grants = new Grants(tokens, config);
  const pushKey = config.push ? await readPushKey(sqlOf(orm.em.fork()), ring, clock.now()) : null;
  const transports = {
    ...(await configuredTransports(config)),
    ...(pushKey !== null && {
      push: (await import('./delivery/push.ts')).pushTransport({
        key: pushKey,
        contact: `mailto:${addressIn(config.mailFrom)}`,
        mayBePrivate: !config.production,
        forget: (deviceId) => forgetSubscription(sqlOf(orm.em.fork()), deviceId),
      }),
    }),
  };
  const outbox = new Outbox({ ring, transports, geoip, log });
  const limits = new MessageLimits(await poolOf(orm), ring, config.messageLimits);
  const networks = new NetworkLimits(ring, config.networkLimits);
  const refusals = opened.use(new RefusalTally(orm, clock, log));
  const changes = new WorkflowChanges(databaseUrl, await poolOf(orm), log);
  opened.defer(() => changes.close());
  const waiting = new WaitingClients(changes);
  const passwords = new NewPasswords({ hasher, breached, productName });
  const runner = new WorkflowRunner({
    ring,
    factors,
    passwords,
    outbox,
    limits,
    networks,
    refusals,
    waiting,
    grants,
    changes,
    clock,
  });
  const records = new TxtRecords(config.dnsServers);
  const apiSchemas = await Promise.all(config.apiSchemas.map((file) => readSchema([file])));
  const services: Services = {
    runner,
    factors,
    passwords,
    records,
    checkLimit: new CheckLimit(),
    grants,
    outbox,
    changes,
    ring,
    clock,
    productName,
    approvalServer: config.publicUrl,
    pushKey: pushKey?.publicKey ?? null,
    apiSchemas,
    passkeys: config.passkeys,
  };

  // Done now so that the first request does not wait for it, and a signing key that cannot be opened stops the start.
  await Promise.all([keys.current(), hasher.warmUp(), providers.warmUp()]);
  const rereading = setInterval(() => {
    keys.read().catch((error: unknown) => log.warn({ err: error }, 'could not read signing keys'));
  }, KEYS_READ_EVERY_SECONDS * 1000);
  opened.defer(() => clearInterval(rereading));
  const worker = await startWorker({
    databaseUrl,
    orm,
    outbox,
    clock,
    log,
    retention: config.retention,
    checkDomains: (signal) =>
      recheckDomains({ providers, outbox, records }, { em: () => orm.em.fork(), clock, log, signal }),
    eraseUsers: (signal) => eraseUsers({ em: orm.em.fork(), outbox, now: clock.now(), signal }),
  });
  opened.defer(() => worker.stop());
  const origins = new Origins(config, log);
  const parts: HttpParts = {
    graphql: createGraphQLEndpoint({ config, orm, tokens, services, origins, log }),
    origins,
    servesHost: hostsOf(config),
    graphiql: config.graphiql ? graphiqlOf(config, log) : null,
    isHttpsOnly: config.publicUrl.startsWith('https://'),
    endStreams: () => waiting.end(),
    wellKnown: config.wellKnown,
    jwks: () => keys.jwks(),
    isReady: async () => {
      await checkKeys(sqlOf(orm.em.fork()), ring);
      return isReady(orm);
    },
    providers: providerPaths({
      providers,
      ring,
      orm,
      clock,
      clientOf: clientsBehind(config.trustedProxies, config.forwardedHeader),
    }),
    inbox: config.production ? null : () => outbox.inbox(sqlOf(orm.em.fork()), clock.now()),
    twilioStatus: config.twilio && {
      authToken: config.twilio.authToken,
      origin: config.publicUrl,
      note: (report) => outbox.noteStatus(sqlOf(orm.em.fork()), report, clock.now()),
    },
    certificates: development && ((name) => development.authority.pem(name, clock.now())),
    log,
  };
  const http = createHttpServer({ ...parts, tls });
  const port = await http.listen(config.port, config.host);
  opened.defer(() => http.stop(config.drainSeconds));
  const secure = development && (await listenWithTls({ ...development, clientCertificates, parts, log }));
  if (secure) opened.defer(() => secure.stop());
  const started = opened.move();
  return {
    secureUrl: secure?.url ?? null,
    url: `${tls === null ? 'http' : 'https'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    stop: () => started.disposeAsync(),
  };
}

function graphiqlOf({ introspection, production }: Config, log: Log): GraphiQL {
  return new GraphiQL(log, {
    sdl: introspection ? printedSchema : null,
    inbox: production ? null : '/dev/inbox.json',
  });
}

/** Returns `auth@example.com` for `Stepgate <auth@example.com>`. */
function addressIn(mailFrom: string): string {
  return /([^\s<>]+@[^\s<>]+)>?\s*$/.exec(mailFrom)?.[1] ?? mailFrom;
}
