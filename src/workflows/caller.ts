// Who asks for a step of a workflow.
import type { Locale } from '../delivery/messages/locales.ts';
import type { EntityManager } from '../persistence/orm.ts';
import type { Client } from '../sessions/grants.ts';
import type { PresentedSession } from '../sessions/presented.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';

/** Who asks, and with what. */
export interface Caller {
  /** The request's own identity map and connection. */
  readonly em: EntityManager;
  readonly client: Client;
  /** The language that the client asks for. */
  readonly locale: Locale;
  /** By which its device is known, if it signed in before. */
  readonly deviceToken: string | null;
  /** Null: nobody is signed in. */
  readonly session: PresentedSession | null;
  /** What was wrong with the token, when one was presented and did not count. */
  readonly tokenFault: TokenFault | null;
}
