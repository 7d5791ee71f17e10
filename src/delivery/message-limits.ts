// How many messages may be asked for in an hour: against SMS pumping, where somebody earns on every message that we
// pay for, and against flooding a mailbox or a phone. The windows are fixed, begin with the first message, and are
// kept in the database, so they hold over all nodes and restarts. Nothing is sent without them: when the database
// fails, so does the request.
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { MessageLimitSettings } from '../config/config.ts';
import { keyedDigest } from '../platform/digest.ts';
import { networkOf } from '../platform/ip-address.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Channel } from './message.ts';

const WINDOW_SECONDS = 3600;

export interface MessageRequest {
  readonly channel: Channel;
  /** A name for the address or number, which is the same whether anybody has it. */
  readonly to: string;
  /** The id of the user, or the subject of a decoy. */
  readonly account: string;
  /**
   * Whether its owner asks: in a session, or on a device that signed in before, for a message to an address or number
   * that the account has proved. Owners have an allowance of their own, which no stranger can use up.
   */
  readonly isOwners?: boolean;
  /** The address of whoever asks, where it is known. */
  readonly ip: string | null;
}

/** Too many messages in this hour. */
export class LimitReachedError extends Error {
  override readonly name = 'LimitReachedError';
  readonly retryAfterSeconds: number;
  constructor(limit: string, retryAfterSeconds: number) {
    super(`No more messages for now: ${limit} is reached.`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface Limit {
  /** The name of its setting. */
  readonly name: string;
  readonly limiter: RateLimiterPostgres;
  /** Whose messages it counts; null when it does not apply. */
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
        clearExpiredByTimeout: false, // clear-away.ts does
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
    // From whoever asks to whoever is written to, one after the other, because a request that is refused keeps what it
    // has spent. A flood from one network ends at that network's limit, and goes no further: it cannot use up what the
    // owner of a number has left by requests that send nothing. Nor can one account use up the numbers of others.
    // Asking again and again for a number that is used up does count against the network and the account that ask.
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
    };
  }

  /**
   * Spends one message of each limit. It takes connections of its own from the pool: never wait for it inside a
   * transaction.
   * @throws {LimitReachedError} when one of them has none left.
   */
  async spend(request: MessageRequest): Promise<void> {
    for (const { name, limiter, subject } of this.#limits[request.channel]) {
      const whose = subject(request);
      if (whose === null) continue;
      // Under the newest key only: a key that is replaced begins the windows anew.
      await limiter.consume(keyedDigest(this.#ring, 'limit', `${name}:${whose}`)).catch((error: unknown) => {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw new LimitReachedError(name, Math.max(1, Math.ceil(error.msBeforeNext / 1000)));
      });
    }
  }
}
