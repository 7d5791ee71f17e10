// How a server tells the guards who is asking.
import type { Standing } from '../policy/decision.ts';
import type { TokenFault } from './refusal-error.ts';

export interface Presented {
  /** Null: nobody is signed in. */
  readonly standing: Standing | null;
  /** What was wrong with the token, when one was presented and did not count. */
  readonly fault: TokenFault | null;
  /** The time when this is read, in seconds since 1970. */
  readonly now: number;
  /** From when on the token or the session does not count any more, in seconds since 1970. Unknown unless given. */
  readonly expiresAt?: number | null | undefined;
  /** Finds out anew who is asking. Called before each event of a subscription; when it rejects, the subscription ends. */
  readonly again?: (() => Promise<Presented>) | null | undefined;
}

/**
 * Reads the standing from an operation's context, where it was put before the operation ran: synchronous. Called anew
 * for each operation, and for each event of a subscription.
 */
export type FindStanding<Context> = (context: Context) => Presented;
