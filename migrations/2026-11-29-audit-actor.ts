// The audit log says who did what, beside whose account it was done to.
import { Migration } from '@mikro-orm/migrations';

export class AuditActor extends Migration {
  override name = '2026-11-29-audit-actor';

  override up(): void {
    this.addSql(
      `alter table "audit_event" add "actor_kind" varchar(16) null, add "actor_user_id" uuid null, add "actor_session_id" uuid null`,
    );
  }
}
