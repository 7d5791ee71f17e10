// Merging two users of one person: the consent of the one who ends, and who was merged into whom. The previous version knows
// neither, and merges nobody.
import { Migration } from '@mikro-orm/migrations';

export class Merging extends Migration {
  override name = '2026-11-30-merging';

  override up(): void {
    this.addSql(`create table "merge_consent" (
      "tenant_id" varchar(64) not null,
      "user_id" uuid not null,
      "into_user_id" uuid not null,
      "session_id" uuid not null,
      "expires_at" timestamptz not null,
      primary key ("tenant_id", "user_id")
    )`);
    this.addSql(`create index "merge_consent_user_id_index" on "merge_consent" ("user_id")`);
    this.addSql(`create index "merge_consent_session_id_index" on "merge_consent" ("session_id")`);
    this.addSql(`create index "merge_consent_expires_at_index" on "merge_consent" ("expires_at")`);
    this.addSql(
      `alter table "merge_consent" add constraint "merge_consent_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id") on update cascade on delete cascade`,
    );
    this.addSql(
      `alter table "merge_consent" add constraint "merge_consent_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on update cascade on delete cascade`,
    );
    this.addSql(
      `alter table "merge_consent" add constraint "merge_consent_session_id_foreign" foreign key ("session_id") references "session" ("id") on delete cascade`,
    );
    this.addSql(`create table "user_merge" (
      "tenant_id" varchar(64) not null,
      "merged_user_id" uuid not null,
      "into_user_id" uuid not null,
      "external_id" varchar(255) null,
      "reason" varchar(500) null,
      "merged_at" timestamptz not null,
      primary key ("tenant_id", "merged_user_id")
    )`);
    this.addSql(`create index "user_merge_into_user_id_index" on "user_merge" ("into_user_id")`);
    this.addSql(
      `alter table "user_merge" add constraint "user_merge_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id")`,
    );
    this.addSql(
      `alter table "user_merge" add constraint "user_merge_into_user_id_foreign" foreign key ("into_user_id") references "user_account" ("id") on delete cascade`,
    );
  }
}
