// Stores email addresses as typed, for display. The form for comparison does not change, because every address
// accepted so far is already normalized.
import { Migration } from '@mikro-orm/migrations';

export class TypedAddresses extends Migration {
  override name = '2026-11-29-typed-addresses';

  override up(): void {
    this.addSql(`alter table "email_address" add "typed" varchar(254) null`);
  }
}
