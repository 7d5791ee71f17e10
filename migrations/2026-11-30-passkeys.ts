// Passkeys: an authenticator is found in its tenant by what a proof says, before the user is known, and a tenant may let its
// users have no password, and list the models that it accepts.
import { Migration } from '@mikro-orm/migrations';

export class Passkeys extends Migration {
  override name = '2026-11-30-passkeys';

  override up(): void {
    this.addSql(
      `alter table "authenticator" add "tenant_id" varchar(64) null, add "identity_digest" varchar(43) null`,
    );
    this.addSql(
      `alter table "authenticator" add constraint "authenticator_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "tenant" add "password_use" varchar(8) not null default 'REQUIRED', add "passkey_models" jsonb null`,
    );
    // It is empty, so it is built at once.
    this.addSql(
      `create unique index "authenticator_tenant_id_identity_digest_unique" on "authenticator" ("tenant_id", "identity_digest") where "identity_digest" is not null`,
    );
  }
}
