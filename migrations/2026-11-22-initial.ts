// The initial schema.
import { Migration } from '@mikro-orm/migrations';

export class Initial extends Migration {
  override name = '2026-11-22-initial';

  override up(): void {
    this.addSql(`create table "audit_event" (
      "id" uuid not null,
      "occurred_at" timestamptz not null,
      "type" varchar(48) not null,
      "tenant_id" varchar(64) not null,
      "user_id" uuid null,
      "session_id" uuid null,
      "factor" varchar(16) null,
      "ip" varchar(64) null,
      "user_agent" varchar(256) null,
      primary key ("id")
    )`);
    this.addSql(
      `create index "audit_event_user_id_occurred_at_index" on "audit_event" ("user_id", "occurred_at")`,
    );
    this.addSql(`create table "lockout" (
      "subject" varchar(64) not null,
      "failures" int not null default 0,
      "locked_until" timestamptz null,
      "updated_at" timestamptz not null,
      primary key ("subject")
    )`);
    this.addSql(`create table "outbox_message" (
      "id" uuid not null,
      "channel" varchar(8) not null,
      "sealed" text null,
      "created_at" timestamptz not null,
      "expires_at" timestamptz not null,
      "sent_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(`create index "outbox_message_created_at_index" on "outbox_message" ("created_at")`);
    this.addSql(`create table "signing_key" (
      "kid" varchar(43) not null,
      "algorithm" varchar(16) not null,
      "public_jwk" jsonb not null,
      "sealed_private_jwk" text not null,
      "created_at" timestamptz not null,
      "retired_at" timestamptz null,
      primary key ("kid")
    )`);
    this.addSql(`create table "tenant" (
      "id" varchar(64) not null,
      "second_factor" varchar(16) not null default 'OPTIONAL',
      "password_minimum_length" int not null default 8,
      "created_at" timestamptz not null,
      primary key ("id")
    )`);
    this.addSql(`create table "user_account" (
      "id" uuid not null,
      "tenant_id" varchar(64) not null,
      "roles" jsonb not null default '[]',
      "created_at" timestamptz not null,
      "activated_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(
      `create index "user_account_created_at_index" on "user_account" ("created_at") where "activated_at" is null`,
    );
    this.addSql(`create table "session" (
      "id" uuid not null,
      "tenant_id" varchar(64) not null,
      "user_id" uuid not null,
      "evidence" jsonb not null,
      "ip" varchar(64) null,
      "user_agent" varchar(256) null,
      "created_at" timestamptz not null,
      "last_seen_at" timestamptz not null,
      "idle_expires_at" timestamptz not null,
      "expires_at" timestamptz not null,
      "revoked_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(`create index "session_user_id_index" on "session" ("user_id")`);
    this.addSql(`create table "refresh_token" (
      "digest" varchar(43) not null,
      "session_id" uuid not null,
      "created_at" timestamptz not null,
      "used_at" timestamptz null,
      primary key ("digest")
    )`);
    this.addSql(`create index "refresh_token_session_id_index" on "refresh_token" ("session_id")`);
    this.addSql(`create table "phone_number" (
      "id" uuid not null,
      "tenant_id" varchar(64) not null,
      "user_id" uuid not null,
      "number" varchar(16) not null,
      "second_factor" boolean not null default false,
      "created_at" timestamptz not null,
      "verified_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(`create index "phone_number_user_id_index" on "phone_number" ("user_id")`);
    this.addSql(
      `create unique index "phone_number_tenant_id_number_unique" on "phone_number" ("tenant_id", "number") where "verified_at" is not null`,
    );
    this.addSql(`create table "email_address" (
      "id" uuid not null,
      "tenant_id" varchar(64) not null,
      "user_id" uuid not null,
      "address" varchar(254) not null,
      "created_at" timestamptz not null,
      "verified_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(`create index "email_address_user_id_index" on "email_address" ("user_id")`);
    this.addSql(
      `create unique index "email_address_tenant_id_address_unique" on "email_address" ("tenant_id", "address") where "verified_at" is not null`,
    );
    this.addSql(`create table "backup_code" (
      "id" uuid not null,
      "user_id" uuid not null,
      "digest" varchar(64) not null,
      "created_at" timestamptz not null,
      "used_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(`create index "backup_code_user_id_index" on "backup_code" ("user_id")`);
    this.addSql(`create table "authenticator" (
      "id" uuid not null,
      "user_id" uuid not null,
      "factor" varchar(16) not null,
      "label" varchar(64) null,
      "secret" text not null,
      "last_time_step" int null,
      "created_at" timestamptz not null,
      "confirmed_at" timestamptz null,
      "last_used_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(`create index "authenticator_user_id_index" on "authenticator" ("user_id")`);
    this.addSql(
      `create unique index "authenticator_user_id_factor_unique" on "authenticator" ("user_id", "factor") where "factor" = 'PASSWORD'`,
    );
    this.addSql(`create table "workflow" (
      "id" varchar(43) not null,
      "chart" varchar(32) not null,
      "machine_version" varchar(16) not null,
      "tenant_id" varchar(64) not null,
      "user_id" uuid null,
      "session_id" uuid null,
      "subject" varchar(64) not null,
      "snapshot" jsonb not null,
      "revision" int not null default 0,
      "attempts" int not null default 0,
      "max_attempts" int not null,
      "created_at" timestamptz not null,
      "expires_at" timestamptz not null,
      primary key ("id")
    )`);
    this.addSql(`create index "workflow_user_id_index" on "workflow" ("user_id")`);
    this.addSql(`create index "workflow_session_id_index" on "workflow" ("session_id")`);
    this.addSql(`create index "workflow_expires_at_index" on "workflow" ("expires_at")`);
    this.addSql(`create table "challenge" (
      "id" uuid not null,
      "workflow_id" varchar(43) not null,
      "factor" varchar(16) not null,
      "code_digest" varchar(64) not null,
      "hint" varchar(64) null,
      "sent_at" timestamptz not null,
      "times_sent" int not null default 1,
      "expires_at" timestamptz not null,
      "consumed_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(
      `alter table "challenge" add constraint "challenge_workflow_id_factor_unique" unique ("workflow_id", "factor")`,
    );
    this.addSql(
      `alter table "user_account" add constraint "user_account_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id")`,
    );
    this.addSql(
      `alter table "session" add constraint "session_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id")`,
    );
    this.addSql(
      `alter table "session" add constraint "session_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "refresh_token" add constraint "refresh_token_session_id_foreign" foreign key ("session_id") references "session" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "phone_number" add constraint "phone_number_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id")`,
    );
    this.addSql(
      `alter table "phone_number" add constraint "phone_number_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "email_address" add constraint "email_address_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id")`,
    );
    this.addSql(
      `alter table "email_address" add constraint "email_address_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "backup_code" add constraint "backup_code_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "authenticator" add constraint "authenticator_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "workflow" add constraint "workflow_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id")`,
    );
    this.addSql(
      `alter table "workflow" add constraint "workflow_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "workflow" add constraint "workflow_session_id_foreign" foreign key ("session_id") references "session" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "challenge" add constraint "challenge_workflow_id_foreign" foreign key ("workflow_id") references "workflow" ("id") on delete cascade`,
    );
  }
}
