// The client that requests a step of a workflow.
import type { Locale } from '../delivery/messages/locales.ts';
import type { PresentedCertificate } from '../factors/factor.ts';
import type { Browser } from '../factors/factor-exchange.ts';
import type { EntityManager } from '../persistence/orm.ts';
import type { Client } from '../sessions/grants.ts';
import type { PresentedSession } from '../sessions/presented.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';

export interface Caller {
  /** The request's own identity map and connection. */
  readonly em: EntityManager;
  readonly client: Client;
  /** The client's preferred language. */
  readonly locale: Locale;
  /** Identifies a device that has signed in before. */
  readonly deviceToken: string | null;
  /** Null if nobody is signed in. */
  readonly session: PresentedSession | null;
  /** Why the presented token was not accepted. */
  readonly tokenFault: TokenFault | null;
  /** Null when the client does not use the cookies of a browser. */
  readonly browser: Browser | null;
  /** The client certificate of the connection on which the request came. Null when there is none. */
  readonly presentedCertificate: () => PresentedCertificate | null;
}
