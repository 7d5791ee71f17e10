// Indexes for the cleanup, so that it need not scan tables that grow with the number of users.
import { Migration } from '@mikro-orm/migrations';

export class ClearAway extends Migration {
  override name = '2026-11-29-clear-away';

  override up(): void {
    this.addSql(`create index "session_ended_index" on "session" (least("expires_at", "revoked_at"))`);
    this.addSql(
      `create index "authenticator_created_at_index" on "authenticator" ("created_at") where "confirmed_at" is null`,
    );
    this.addSql(
      `create index "phone_number_created_at_index" on "phone_number" ("created_at") where "verified_at" is null`,
    );
    this.addSql(`create index "rate_limit_expire_index" on "rate_limit" ("expire")`);
  }
}
