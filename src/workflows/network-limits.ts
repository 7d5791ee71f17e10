// How many wrong guesses and how many new workflows may come from one network in an hour. The lockout slows guesses at
// one account; this slows one guess at each of many (password spraying). A whole office may share one address, so only
// wrong guesses count, and only those of strangers: known devices, sessions, and proofs that cannot be guessed are
// neither counted nor refused.
//
// Wrong guesses are counted in the database, for each tenant: written by the statement that rejects the proof, and read
// by the one that claims an attempt. So they hold over all nodes and restarts, and a sign-in pays nothing for them.
// Starts are counted in memory, by each node for itself: they guess at nothing, and only bound how fast rows are made.
import { type RawBuilder, sql as raw } from 'kysely';
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

/** What a client counts for: its address or /64, then the network around it. */
export type Origin = readonly {
  readonly key: string;
  /** How many wrong guesses it has, less those attempts that are under way: until they are checked they may be wrong. */
  readonly limit: number;
}[];

export class NetworkLimits {
  readonly #ring: KeyRing;
  readonly #settings: NetworkLimitSettings;
  readonly #starts: { readonly host: RateLimiterMemory; readonly network: RateLimiterMemory };
  /** How many attempts are under way on this node. */
  readonly #pending = new Map<string, number>();

  constructor(ring: KeyRing, settings: NetworkLimitSettings) {
    this.#ring = ring;
    this.#settings = settings;
    const limiter = (points: number) => new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
    this.#starts = { host: limiter(settings.startsPerIp), network: limiter(settings.startsPerPrefix) };
  }

  /** Makes an attempt. @param attempt is given where it comes from; null when that is not known. */
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
   * Lets one more workflow begin. A request that is refused keeps what it has spent, so a flood ends at the limit of its
   * address; and a network that is used up makes no further counters of its addresses.
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
    // Under the newest key only: a key that is replaced begins the windows anew.
    const key = `${name}:${keyedDigest(this.#ring, 'limit', `${name}:${prefix}`)}`;
    return { key, limit: limit - (this.#pending.get(key) ?? 0) };
  }
}

function refuse(error: unknown): never {
  throw error instanceof RateLimiterRes ? tooMany(error) : error;
}

function tooMany({ msBeforeNext }: RateLimiterRes): TooManyRequests {
  return new TooManyRequests(Math.max(1, Math.ceil(msBeforeNext / 1000)));
}

/** Whether guesses at the `workflow` in scope are refused for now. Those on a known device and in a session never are. */
export function isExhausted(origin: Origin | null, now: Date): RawBuilder<boolean> {
  if (origin === null) return raw`false`;
  const isBusy = origin.some(({ limit }) => limit <= 0);
  return raw`(workflow.device_id is null and workflow.session_id is null and (${isBusy} or exists (
    select from rate_limit r where r.expire > ${now.getTime()} and (${raw.join(
      origin.map(
        ({ key, limit }) => raw`r.key = ${key} || ':' || workflow.tenant_id and r.points >= ${limit}`,
      ),
      raw` or `,
    )})
  )))`;
}

interface Guessed {
  readonly tenantId: string;
  readonly deviceId: string | null;
  readonly sessionId: string | null;
}

/** Counts a wrong proof against where it came from. */
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

/** In how many seconds guesses from there are taken again; null when they are now. */
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
  // What is under way may leave room again in a moment.
  if (origin.some(({ limit }) => limit <= 0)) ends.push(1);
  return ends.length === 0 ? null : Math.max(...ends);
}

function keysOf(origin: Origin | null, { tenantId, deviceId, sessionId }: Guessed): string[] {
  return origin === null || deviceId !== null || sessionId !== null
    ? []
    : origin.map(({ key }) => `${key}:${tenantId}`);
}
