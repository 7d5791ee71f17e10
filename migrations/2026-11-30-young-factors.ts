// When factors were enrolled, so that a young factor cannot be used for everything. The previous version does not write
// these columns. What it writes has no known age, and a factor of unknown age counts as enrolled just now.
import { Migration } from '@mikro-orm/migrations';

export class YoungFactors extends Migration {
  override name = '2026-11-30-young-factors';

  override up(): void {
    this.addSql(`alter table "tenant" add "min_factor_age_seconds" int not null default 0`);
    this.addSql(`alter table "operation_grant" add "factor_enrolled_at" timestamptz null`);
    this.addSql(`alter table "phone_number" add "second_factor_at" timestamptz null`);
    this.addSql(`update "phone_number" set "second_factor_at" = "verified_at" where "second_factor"`);
  }
}
