// The record of who approved which operation: it waits with the workflow, and is kept with the audit event.
import { Migration } from '@mikro-orm/migrations';

export class Approvals extends Migration {
  override name = '2026-11-30-approvals';

  override up(): void {
    this.addSql(`alter table "workflow" add "operation_text" text null`);
    this.addSql(`alter table "audit_event" add "approval" text null`);
    // It is empty, so it is built at once. Most events never enter it.
    this.addSql(`create index "audit_event_id_index" on "audit_event" ("id") where "approval" is not null`);
  }
}
