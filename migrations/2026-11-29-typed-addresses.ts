// An e-mail address is shown as its user typed it. What is compared stays as it was: every address that was accepted
// until now is its own normal form.
import { Migration } from '@mikro-orm/migrations';

export class TypedAddresses extends Migration {
  override name = '2026-11-29-typed-addresses';

  override up(): void {
    this.addSql(`alter table "email_address" add "typed" varchar(254) null`);
  }
}
