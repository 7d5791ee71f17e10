// Who asks for a step of a workflow.
import type { Locale } from '../delivery/messages/locales.ts';
import type { EntityManager } from '../persistence/orm.ts';
import type { Client } from '../sessions/grants.ts';
import type { ActiveSession } from '../sessions/session.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';

/** Who asks, and with what. */
export interface Caller {
  readonly em: EntityManager;
  readonly client: Client;
  /** The language that the client asks for. */
  readonly locale: Locale;
  /** By which its device may be known. */
  readonly deviceToken: string | null;
  readonly session: ActiveSession | null;
  /** What was wrong with the token, when one was presented and did not count. */
  readonly tokenFault: TokenFault | null;
}
