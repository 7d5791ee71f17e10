// Throttling of short backup codes, counted refusals in the audit log, and cleanup by age.
import { Migration } from '@mikro-orm/migrations';

export class Guessing extends Migration {
  override name = '2026-11-29-guessing';

  override up(): void {
    // Codes made by Stepgate have 80 bits. Imported ones, created at the same time as their user, have an unknown
    // number. A row without a value comes from a node with the previous version and may be imported.
    this.addSql(`alter table "backup_code" add "guessable" boolean not null default false`);
    this.addSql(
      `update "backup_code" set "guessable" = true from "user_account" u
       where u."id" = "user_id" and u."created_at" = "backup_code"."created_at"`,
    );
    this.addSql(`alter table "backup_code" alter column "guessable" set default true`);
    this.addSql(`alter table "audit_event" add "count" int not null default 1`);
    // BRIN, because rows arrive in chronological order, and an update of a lockout need not touch its indexes.
    this.addSql(`create index "audit_event_occurred_at_index" on "audit_event" using brin ("occurred_at")`);
    this.addSql(`create index "lockout_updated_at_index" on "lockout" using brin ("updated_at")`);
  }
}
