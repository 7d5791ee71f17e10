// SAML 2.0: responses between the callback and their workflows, and the assertions that were used.
import { Migration } from '@mikro-orm/migrations';

export class Saml extends Migration {
  override name = '2026-11-30-saml';

  override up(): void {
    this.addSql(`create table "saml_response" (
      "tenant_id" varchar(64) not null,
      "digest" varchar(43) not null,
      "challenge_id" uuid not null,
      "sealed" text not null,
      "expires_at" timestamptz not null,
      primary key ("tenant_id", "digest")
    )`);
    this.addSql(`create index "saml_response_challenge_id_index" on "saml_response" ("challenge_id")`);
    this.addSql(`create index "saml_response_expires_at_index" on "saml_response" ("expires_at")`);
    this.addSql(
      `alter table "saml_response" add constraint "saml_response_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "saml_response" add constraint "saml_response_challenge_id_foreign" foreign key ("challenge_id") references "challenge" ("id") on delete cascade`,
    );
    this.addSql(`create table "saml_assertion" (
      "tenant_id" varchar(64) not null,
      "digest" varchar(43) not null,
      "expires_at" timestamptz not null,
      primary key ("tenant_id", "digest")
    )`);
    this.addSql(`create index "saml_assertion_expires_at_index" on "saml_assertion" ("expires_at")`);
    this.addSql(
      `alter table "saml_assertion" add constraint "saml_assertion_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id") on delete cascade`,
    );
  }
}
