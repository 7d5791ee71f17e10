// The delivery status of a message: why it failed, and what the provider reports.
import { Migration } from '@mikro-orm/migrations';

export class Delivery extends Migration {
  override name = '2026-11-25-delivery';

  override up(): void {
    this.addSql(`alter table "outbox_message"
      add "failed_at" timestamptz null,
      add "failure" text null,
      add "provider_id" varchar(64) null,
      add "delivery_status" varchar(16) null`);
    this.addSql(`create index "outbox_message_expires_at_index" on "outbox_message" ("expires_at")`);
  }
}
