// Identity providers: the accounts of users there, what a challenge keeps to itself, and the logout tokens that were used.
import { Migration } from '@mikro-orm/migrations';

export class Providers extends Migration {
  override name = '2026-11-30-providers';

  override up(): void {
    this.addSql(`create table "identity" (
      "id" uuid not null,
      "tenant_id" varchar(64) not null,
      "user_id" uuid not null,
      "provider" varchar(32) not null,
      "issuer" varchar(255) not null,
      "subject" varchar(255) not null,
      "address" text null,
      "created_at" timestamptz not null,
      "linked_at" timestamptz null,
      "last_used_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(`create index "identity_user_id_index" on "identity" ("user_id")`);
    this.addSql(
      `create unique index "identity_tenant_id_issuer_subject_unique" on "identity" ("tenant_id", "issuer", "subject") where "linked_at" is not null`,
    );
    this.addSql(
      `create index "identity_created_at_index" on "identity" ("created_at") where "linked_at" is null`,
    );
    this.addSql(
      `alter table "identity" add constraint "identity_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "identity" add constraint "identity_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade`,
    );
    this.addSql(`create table "logout_token" (
      "digest" varchar(43) not null,
      "expires_at" timestamptz not null,
      primary key ("digest")
    )`);
    this.addSql(`create index "logout_token_expires_at_index" on "logout_token" ("expires_at")`);
    this.addSql(`alter table "challenge" add "secret" text null`);
  }
}
