// The interface of a factor that is proved elsewhere: what its challenge is made with, and what its proof is exchanged with.
import type { Sql } from '../persistence/orm.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { FactorData } from './account.ts';

export interface GatherRequest {
  readonly tenantId: string;
  /** That of the choice which is prepared. */
  readonly providerId: string | null;
  /** The values of `preparationInput`. */
  readonly given: object;
  /** Whether a user of a session proves again what is known of them. */
  readonly isAnew: boolean;
  /** Whether only a second factor counts. */
  readonly isSecond: boolean;
  /** Whether the authenticator is being enrolled. */
  readonly isNew: boolean;
  /** Null when the client does not use the cookies of a browser. */
  readonly browser: Browser | null;
  readonly now: Date;
}

/** The browser of the request, as a cookie names it. */
export interface Browser {
  /** Null before it has been named. */
  readonly token: string | null;
  /** Names it, if it has no name, so that the browser keeps it for a while. @returns the token. */
  keep(): string;
}

export interface ExchangeRequest {
  readonly challenge: StoredChallenge | null;
  readonly tenantId: string;
  /** The token of the browser. Null when the client does not use the cookies of a browser. */
  readonly browserToken: string | null;
  readonly sql: Sql;
  /** Uses the challenge up, at once. False when another request was first. */
  spendChallenge(challenge: StoredChallenge): Promise<boolean>;
  readonly now: Date;
}

export interface StoredChallenge {
  readonly id: string;
  readonly factor: FactorKind;
  readonly codeDigest: string;
  readonly request: FactorData | null;
  /** What the factor keeps to itself, sealed. */
  readonly secret: string | null;
  readonly authenticatorId: string | null;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly approved: boolean;
  readonly consumed: boolean;
}
