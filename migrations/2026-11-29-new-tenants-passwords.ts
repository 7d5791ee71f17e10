// New tenants follow NIST SP 800-63B-4: 15 characters if the password is the only factor. Existing tenants keep their
// policy.
import { Migration } from '@mikro-orm/migrations';

export class NewTenantsPasswords extends Migration {
  override name = '2026-11-29-new-tenants-passwords';

  override up(): void {
    this.addSql(`alter table "tenant" alter column "password_minimum_length_alone" set default 15`);
  }
}
