// A new tenant asks for passwords as NIST SP 800-63B-4 does: 15 characters where the password stands alone. Tenants that
// exist keep what they ask.
import { Migration } from '@mikro-orm/migrations';

export class NewTenantsPasswords extends Migration {
  override name = '2026-11-29-new-tenants-passwords';

  override up(): void {
    this.addSql(`alter table "tenant" alter column "password_minimum_length_alone" set default 15`);
  }
}
