// The password policy of each tenant.
import { Migration } from '@mikro-orm/migrations';

export class PasswordPolicy extends Migration {
  override name = '2026-11-25-password-policy';

  override up(): void {
    this.addSql(
      `alter table "tenant" add "password_minimum_length_alone" int not null default 8, add "password_strength" varchar(8) not null default 'LOW', add "password_characters" jsonb not null default '[]'`,
    );
    // Until now there was a single minimum length.
    this.addSql(`update "tenant" set "password_minimum_length_alone" = "password_minimum_length"`);
  }
}
