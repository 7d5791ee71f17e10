// External ids of imported users, and the progress of file imports.
import { Migration } from '@mikro-orm/migrations';

export class ImportedUsers extends Migration {
  override name = '2026-11-25-imported-users';

  override up(): void {
    this.addSql(
      `alter table "user_account" add "external_id" varchar(255) null, add "name" varchar(128) null`,
    );
    this.addSql(
      `alter table "user_account" add constraint "user_account_tenant_id_external_id_unique" unique ("tenant_id", "external_id")`,
    );
    this.addSql(`create table "user_import" (
      "id" varchar(43) not null,
      "tenant_id" varchar(64) not null,
      "records" int not null,
      "imported" int not null,
      "refused" int not null,
      "report_bytes" int not null,
      "updated_at" timestamptz not null,
      "finished_at" timestamptz null,
      primary key ("id")
    )`);
    this.addSql(
      `alter table "user_import" add constraint "user_import_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id")`,
    );
  }
}
