// How a server tells the guards who is asking.
import type { Standing } from '../policy/decision.ts';
import type { TokenFault } from './refusal-error.ts';

export interface Presented {
  /** Null: nobody is signed in. */
  readonly standing: Standing | null;
  /** What was wrong with the token, when one was presented and did not count. */
  readonly fault: TokenFault | null;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Reads the standing from an operation's context, where it was put before the operation ran: synchronous. */
export type FindStanding<Context> = (context: Context) => Presented;
