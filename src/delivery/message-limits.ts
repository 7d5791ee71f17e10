// Hourly limits on messages, against SMS pumping, where an attacker earns money from every message that we pay for, and
// against flooding a mailbox or a phone. The windows are fixed, start with the first message and are stored in the
// database, so that they apply across nodes and restarts. If the database fails, the request fails and nothing is sent.
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { MessageLimitSettings } from '../config/settings.ts';
import { keyedDigest } from '../platform/digest.ts';
import { networkOf } from '../platform/ip-address.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Channel } from './message.ts';

const WINDOW_SECONDS = 3600;

export interface MessageRequest {
  readonly channel: Channel;
  /** An identifier of the address or number, the same whether or not it belongs to an account. */
  readonly to: string;
  /** The id of the user, or the identifier of a decoy. */
  readonly account: string;
  /**
   * Whether the owner requests the message: in a session or on a known device, to a verified address or number of the
   * account. Owners have a separate allowance that strangers cannot use up.
   */
  readonly isOwners?: boolean;
  /** The IP address of the client, if known. */
  readonly ip: string | null;
}

/** Too many messages within an hour. */
export class LimitReachedError extends Error {
  override readonly name = 'LimitReachedError';
  readonly retryAfterSeconds: number;
  constructor(limit: string, retryAfterSeconds: number) {
    super(`The limit ${limit} has been reached. No more messages can be sent for now.`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface Limit {
  /** The name of the setting. */
  readonly name: string;
  readonly limiter: RateLimiterPostgres;
  /** What the limit counts messages by, or null if it does not apply. */
  readonly subject: (request: MessageRequest) => string | null;
}

export class MessageLimits {
  readonly #ring: KeyRing;
  readonly #limits: Readonly<Record<Channel, readonly Limit[]>>;

  constructor(pool: Pool, ring: KeyRing, settings: MessageLimitSettings) {
    this.#ring = ring;
    const limit = (name: string, points: number, subject: Limit['subject']): Limit => ({
      name,
      limiter: new RateLimiterPostgres({
        storeClient: pool,
        storeType: 'pool',
        tableName: 'rate_limit',
        tableCreated: true, // by our migration
        clearExpiredByTimeout: false, // retention.ts does
        keyPrefix: name,
        points,
        duration: WINDOW_SECONDS,
      }),
      subject,
    });
    const owners =
      (subject: (request: MessageRequest) => string): Limit['subject'] =>
      (request) =>
        `${request.isOwners ? 'owner:' : ''}${subject(request)}`;
    const prefix = ({ ip }: MessageRequest): string | null => (ip === null ? null : networkOf(ip));
    // The order is from sender to recipient, and a refused request does not give back what it has spent. So a flood from
    // one network stops at that network's limit and cannot use up the allowance of a number, and one account cannot use
    // up the allowance of other people's numbers. Repeated requests for a number that has reached its limit do count
    // against the network and the account that make them.
    this.#limits = {
      sms: [
        limit('SMS_PER_PREFIX_HOURLY', settings.smsPerPrefix, prefix),
        limit(
          'SMS_PER_ACCOUNT_HOURLY',
          settings.smsPerAccount,
          owners(({ account }) => account),
        ),
        limit(
          'SMS_PER_NUMBER_HOURLY',
          settings.smsPerNumber,
          owners(({ to }) => to),
        ),
      ],
      email: [
        limit('MAIL_PER_PREFIX_HOURLY', settings.mailPerPrefix, prefix),
        limit(
          'MAIL_PER_ADDRESS_HOURLY',
          settings.mailPerAddress,
          owners(({ to }) => to),
        ),
      ],
      // The factor counts its requests itself.
      push: [],
    };
  }

  /**
   * Counts one message against each limit. It takes its own connections from the pool, so never await it inside a
   * transaction.
   * @throws {LimitReachedError} if a limit has been reached.
   */
  async spend(request: MessageRequest): Promise<void> {
    for (const { name, limiter, subject } of this.#limits[request.channel]) {
      const whose = subject(request);
      if (whose === null) continue;
      // Uses only the newest key, so rotating the key restarts the windows.
      await limiter.consume(keyedDigest(this.#ring, 'limit', `${name}:${whose}`)).catch((error: unknown) => {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw new LimitReachedError(name, Math.max(1, Math.ceil(error.msBeforeNext / 1000)));
      });
    }
  }
}
