// Sessions of agents, and the approvals that they ask for. A server of the previous version must not take an agent's token for
// its user's, so such a session is written as one that has been idle for too long: `idle_expires_at` is its beginning, and
// only a server that knows agents ignores it.
import { Migration } from '@mikro-orm/migrations';

export class Agents extends Migration {
  override name = '2026-11-30-agents';

  override up(): void {
    this.addSql(
      `alter table "session" add "agent_name" varchar(64) null, add "agent_roles" jsonb null, add "agent_of" uuid null`,
    );
    this.addSql(`alter table "workflow" add "agent_request" varchar(43) null`);
  }
}
