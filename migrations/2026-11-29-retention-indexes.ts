// Indexes by which the retention job finds every row that it deletes. They are built without blocking writes, so not in a
// transaction. A build that was interrupted leaves an invalid index, which the next try drops.
import { Migration } from '@mikro-orm/migrations';

const INDEXES = {
  refresh_token_used_at_index: `"refresh_token" ("used_at") where "used_at" is not null`,
  outbox_message_expires_at_sealed_index: `"outbox_message" ("expires_at") where "sealed" is not null`,
  outbox_message_created_at_undelivered_index: `"outbox_message" ("created_at") where "sent_at" is null or "failed_at" is not null`,
  lockout_failures_updated_at_index: `"lockout" ("failures", "updated_at")`,
};

export class RetentionIndexes extends Migration {
  override name = '2026-11-29-retention-indexes';

  override isTransactional(): boolean {
    return false;
  }

  override up(): void {
    for (const [name, definition] of Object.entries(INDEXES)) {
      this.addSql(`drop index concurrently if exists "${name}"`);
      this.addSql(`create index concurrently "${name}" on ${definition}`);
    }
    // It no longer finds anything: an update of an old row changes its time, but not its place in the table.
    this.addSql(`drop index concurrently if exists "lockout_updated_at_index"`);
  }
}
