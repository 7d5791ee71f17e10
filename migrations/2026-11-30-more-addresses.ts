// Several email addresses for each user, one of which is the primary one. The previous version does not write the new column:
// its users have one address, and of several it writes to the one that was verified first, as this version does when none
// is marked.
import { Migration } from '@mikro-orm/migrations';

export class MoreAddresses extends Migration {
  override name = '2026-11-30-more-addresses';

  override up(): void {
    this.addSql(`alter table "email_address" add "is_primary" boolean not null default false`);
    this.addSql(
      `create unique index "email_address_tenant_id_user_id_unique" on "email_address" ("tenant_id", "user_id") where "is_primary"`,
    );
    this.addSql(
      `create index "email_address_created_at_index" on "email_address" ("created_at") where "verified_at" is null`,
    );
  }
}
