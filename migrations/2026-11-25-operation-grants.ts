// Proofs bound to one operation.
import { Migration } from '@mikro-orm/migrations';

export class OperationGrants extends Migration {
  override name = '2026-11-25-operation-grants';

  override up(): void {
    this.addSql(`create table "operation_grant" (
      "id" uuid not null,
      "session_id" uuid not null,
      "digest" varchar(64) not null,
      "factor" varchar(16) not null,
      "proved_at" timestamptz not null,
      "expires_at" timestamptz not null,
      "consumed_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(`create index "operation_grant_expires_at_index" on "operation_grant" ("expires_at")`);
    this.addSql(
      `create index "operation_grant_session_id_digest_index" on "operation_grant" ("session_id", "digest")`,
    );
    this.addSql(
      `alter table "operation_grant" add constraint "operation_grant_session_id_foreign" foreign key ("session_id") references "session" ("id") on delete cascade`,
    );
    this.addSql(`alter table "workflow" add "operation" varchar(64) null, add "approves" text null`);
  }
}
