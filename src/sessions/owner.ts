// A signed-in user who changes their own account.
import type { EntityManager } from '../persistence/orm.ts';
import type { Client } from './grants.ts';
import type { PresentedSession } from './presented.ts';

export interface Owner {
  readonly em: EntityManager;
  readonly session: PresentedSession;
  readonly client: Client;
  readonly now: Date;
}
