// Domains of tenants, whose users sign in with an identity provider, and the administrators who may sign in without it.
import { Migration } from '@mikro-orm/migrations';

export class EmailDomains extends Migration {
  override name = '2026-11-30-email-domains';

  override up(): void {
    this.addSql(`create table "email_domain" (
      "tenant_id" varchar(64) not null,
      "name" varchar(253) not null,
      "id" uuid not null,
      "token" varchar(43) not null,
      "provider" varchar(32) not null,
      "created_at" timestamptz not null,
      "verified_at" timestamptz null,
      "checked_at" timestamptz null,
      "next_check_at" timestamptz null,
      "missing_at" timestamptz null,
      "lost_at" timestamptz null,
      "tested_digest" varchar(43) null,
      "tested_at" timestamptz null,
      "active_digest" varchar(43) null,
      "activated_at" timestamptz null,
      primary key ("tenant_id", "name")
    )`);
    this.addSql(
      `create unique index "email_domain_name_unique" on "email_domain" ("name") where "verified_at" is not null`,
    );
    this.addSql(
      `create index "email_domain_next_check_at_index" on "email_domain" ("next_check_at") where "next_check_at" is not null`,
    );
    this.addSql(
      `alter table "email_domain" add constraint "email_domain_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id") on delete cascade`,
    );
    this.addSql(`alter table "audit_event" add "about" varchar(253) null`);
    this.addSql(`alter table "user_account" add "without_provider" boolean not null default false`);
  }
}
