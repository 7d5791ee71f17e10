// How a server tells the guards who is asking. The standing is found once for each operation, before it runs; the
// guards themselves are synchronous, because one promise for each field would double the time of a long list.
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

/** Reads the standing from an operation's context. */
export type FindStanding<Context> = (context: Context) => Presented;
