// Limits how many incorrect guesses and how many new workflows one network can make in an hour. The lockout slows
// guesses at one account. This slows password spraying, which makes one guess at each of many accounts. An office may
// share one address, so only incorrect guesses from strangers count. Known devices, sessions, and proofs that cannot be
// guessed are neither counted nor refused.
//
// Incorrect guesses are counted in the database, per tenant. The statement that rejects a proof writes the count, and
// the statement that claims an attempt reads it. The limit therefore applies across nodes and restarts, at no extra
// cost for a sign-in. Started workflows are counted in memory, per node: they guess nothing, and the limit only bounds
// how fast rows are created.
import { type RawBuilder, sql as raw } from 'kysely';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { NetworkLimitSettings } from '../config/settings.ts';
import type { Sql } from '../persistence/orm.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import { keyedDigest } from '../platform/digest.ts';
import { hostOf, networkOf } from '../platform/ip-address.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Client } from '../sessions/grants.ts';
import { TooManyRequests } from './errors.ts';

const WINDOW_SECONDS = 3600;
const MOST_KEYS = 1000;

/** Where a client's guesses are counted: its address or /64, then the surrounding network. */
export type Origin = readonly {
  readonly key: string;
  /** The limit on incorrect guesses, less the attempts in progress, any of which may turn out to be incorrect. */
  readonly limit: number;
}[];

export class NetworkLimits {
  readonly #settings: NetworkLimitSettings;
  readonly #starts: { readonly host: RateLimiterMemory; readonly network: RateLimiterMemory };
  /** The keys of recent counters. */
  readonly #keys: LRUCache<string, string>;
  /** The number of attempts in progress on this node. */
  readonly #pending = new Map<string, number>();

  constructor(ring: KeyRing, settings: NetworkLimitSettings) {
    this.#settings = settings;
    // Uses the newest secret key only, so replacing the key resets the windows.
    this.#keys = new LRUCache({
      max: MOST_KEYS,
      memoMethod: (counter) => keyedDigest(ring, 'limit', counter),
    });
    const limiter = (points: number) => new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
    this.#starts = { host: limiter(settings.startsPerIp), network: limiter(settings.startsPerPrefix) };
  }

  /** Runs an attempt. @param attempt receives the origin of the request, or null if it is unknown. */
  async during<T>({ ip }: Client, attempt: (origin: Origin | null) => Promise<T>): Promise<T> {
    const [host, network] = ip === null ? [null, null] : [hostOf(ip), networkOf(ip)];
    if (host === null || network === null) return attempt(null);
    const { failuresPerIp, failuresPerPrefix } = this.#settings;
    const origin = [
      this.#counter('FAILURES_PER_IP_HOURLY', host, failuresPerIp),
      this.#counter('FAILURES_PER_PREFIX_HOURLY', network, failuresPerPrefix),
    ];
    for (const { key } of origin) this.#pending.set(key, (this.#pending.get(key) ?? 0) + 1);
    try {
      return await attempt(origin);
    } finally {
      for (const { key } of origin) {
        const others = (this.#pending.get(key) ?? 1) - 1;
        if (others > 0) this.#pending.set(key, others);
        else this.#pending.delete(key);
      }
    }
  }

  /**
   * Allows one more workflow to start. A refused request still counts, so a flood ends at the limit of its address. A
   * network that has reached its limit creates no further counters for its addresses.
   * @throws {TooManyRequests}
   */
  async admit({ ip }: Client): Promise<void> {
    const { host, network } = this.#starts;
    const [address, around] = [(ip && hostOf(ip)) ?? 'unknown', (ip && networkOf(ip)) ?? 'unknown'];
    const spent = await network.get(around);
    if (spent !== null && spent.remainingPoints <= 0) throw tooMany(spent);
    await host.consume(address).catch(refuse);
    await network.consume(around).catch(refuse);
  }

  #counter(name: string, prefix: string, limit: number): Origin[number] {
    const key = `${name}:${this.#keys.memo(`${name}:${prefix}`)}`;
    return { key, limit: limit - (this.#pending.get(key) ?? 0) };
  }
}

function refuse(error: unknown): never {
  throw error instanceof RateLimiterRes ? tooMany(error) : error;
}

function tooMany({ msBeforeNext }: RateLimiterRes): TooManyRequests {
  return new TooManyRequests(Math.max(1, Math.ceil(msBeforeNext / 1000)));
}

/** The limits of an origin as values of a statement. Without an origin there are none. */
export function limitsOf(origin: Origin | null) {
  const counters = origin ?? [];
  return {
    originKeys: counters.map(({ key }) => key),
    originLimits: counters.map(({ limit }) => limit),
    isOriginBusy: counters.some(({ limit }) => limit <= 0),
  };
}

/** Whether guesses at the `workflow` in scope are refused for now. Known devices and sessions are never refused. */
export function isExhausted(
  { originKeys, originLimits, isOriginBusy }: ReturnType<typeof limitsOf>,
  nowMs: number,
): RawBuilder<boolean> {
  return raw`(workflow.device_id is null and workflow.session_id is null and (${isOriginBusy}::boolean or exists (
    select from unnest(${originKeys}::text[], ${originLimits}::int[]) as o (key, points)
    join rate_limit r on r.key = o.key || ':' || workflow.tenant_id
    where r.expire > ${nowMs} and r.points >= o.points
  )))`;
}

interface Guessed {
  readonly tenantId: string;
  readonly deviceId: string | null;
  readonly sessionId: string | null;
}

/** Counts an incorrect proof against its origin. */
export function countFailure(
  unitOfWork: UnitOfWork,
  origin: Origin | null,
  guessed: Guessed,
  now: Date,
): void {
  const keys = keysOf(origin, guessed);
  if (keys.length === 0) return;
  const isOver = raw<boolean>`rate_limit.expire <= ${now.getTime()}`;
  const expire = now.getTime() + WINDOW_SECONDS * 1000;
  unitOfWork.write((sql) =>
    sql
      .insertInto('rate_limit')
      .values(keys.map((key) => ({ key, points: 1, expire })))
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet({
          points: raw`case when ${isOver} then 1 else rate_limit.points + 1 end`,
          expire: raw`case when ${isOver} then excluded.expire else rate_limit.expire end`,
        }),
      ),
  );
}

/** The seconds until guesses from this origin are accepted again, or null if they are accepted now. */
export async function retryAfter(
  sql: Sql,
  origin: Origin | null,
  guessed: Guessed,
  now: Date,
): Promise<number | null> {
  const keys = keysOf(origin, guessed);
  if (origin === null || keys.length === 0) return null;
  const rows = await sql
    .selectFrom('rate_limit')
    .select(['key', 'points', 'expire'])
    .where('key', 'in', keys)
    .where('expire', '>', now.getTime())
    .execute();
  const ends = rows
    .filter(({ key, points }) => points >= (origin[keys.indexOf(key)]?.limit ?? Infinity))
    .map(({ expire }) => Math.ceil((Number(expire) - now.getTime()) / 1000));
  // Attempts in progress may make room in a moment.
  if (origin.some(({ limit }) => limit <= 0)) ends.push(1);
  return ends.length === 0 ? null : Math.max(...ends);
}

function keysOf(origin: Origin | null, { tenantId, deviceId, sessionId }: Guessed): string[] {
  return origin === null || deviceId !== null || sessionId !== null
    ? []
    : origin.map(({ key }) => `${key}:${tenantId}`);
}
