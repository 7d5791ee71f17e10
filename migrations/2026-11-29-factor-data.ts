// What a factor keeps with its own authenticators and challenges. `authenticator.last_time_step` stays beside it until no
// node of the version before is left: docs/decisions/data-of-factors.md.
import { Migration } from '@mikro-orm/migrations';

export class FactorData extends Migration {
  override name = '2026-11-29-factor-data';

  override up(): void {
    this.addSql(`alter table "authenticator" add "data" jsonb null`);
    this.addSql(`alter table "challenge" add "data" jsonb null`);
  }
}
