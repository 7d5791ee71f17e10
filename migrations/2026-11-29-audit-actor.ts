// Adds the actor to audit events, in addition to the subject.
import { Migration } from '@mikro-orm/migrations';

export class AuditActor extends Migration {
  override name = '2026-11-29-audit-actor';

  override up(): void {
    this.addSql(
      `alter table "audit_event" add "actor_kind" varchar(16) null, add "actor_user_id" uuid null, add "actor_session_id" uuid null`,
    );
  }
}
