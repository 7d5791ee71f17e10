// A signed-in user who changes their own account.
import type { EntityManager } from '../persistence/orm.ts';
import type { ActiveSession } from './active-session.ts';
import type { Client } from './grants.ts';

export interface Owner {
  readonly em: EntityManager;
  readonly session: ActiveSession;
  readonly client: Client;
  readonly now: Date;
}
