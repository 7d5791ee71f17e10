// Phones, links, known devices, and separate lockout counters for passwords and codes.
import { Migration } from '@mikro-orm/migrations';

export class Recovery extends Migration {
  override name = '2026-11-25-recovery';

  override up(): void {
    this.addSql(`create table "known_device" (
      "id" uuid not null,
      "user_id" uuid not null,
      "token_digest" varchar(43) not null,
      "created_at" timestamptz not null,
      "last_seen_at" timestamptz not null,
      primary key ("id")
    )`);
    this.addSql(`create index "known_device_last_seen_at_index" on "known_device" ("last_seen_at")`);
    this.addSql(
      `alter table "known_device" add constraint "known_device_user_id_token_digest_unique" unique ("user_id", "token_digest")`,
    );
    this.addSql(
      `alter table "known_device" add constraint "known_device_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade`,
    );
    // The previous common counter applies to both.
    this.addSql(`alter table "lockout" add "counter" varchar(8) not null default 'PASSWORD'`);
    this.addSql(`alter table "lockout" drop constraint "lockout_pkey"`);
    this.addSql(`alter table "lockout" add primary key ("subject", "counter")`);
    this.addSql(
      `insert into "lockout" ("subject", "counter", "failures", "locked_until", "updated_at")
       select "subject", 'CODE', "failures", "locked_until", "updated_at" from "lockout"`,
    );
    this.addSql(`alter table "lockout" alter column "counter" drop default`);
    this.addSql(`alter table "tenant" add "sms" varchar(16) not null default 'SECOND_FACTOR'`);
    this.addSql(
      `alter table "user_account" add "locale" varchar(16) not null default 'en', add "sms" boolean not null default true`,
    );
    // No phone numbers exist yet. The default only satisfies the NOT NULL constraint.
    this.addSql(`alter table "phone_number" add "country" varchar(2) not null default ''`);
    this.addSql(`alter table "phone_number" alter column "country" drop default`);
    this.addSql(`alter table "workflow" add "device_id" uuid null`);
    this.addSql(
      `alter table "challenge" add "authenticator_id" uuid null, add "message_id" uuid null, add "ip" varchar(64) null, add "user_agent" varchar(256) null, add "approved_at" timestamptz null`,
    );
    this.addSql(`create index "challenge_code_digest_index" on "challenge" ("code_digest")`);
  }
}
