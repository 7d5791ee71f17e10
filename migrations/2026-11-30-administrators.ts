// Finds the administrators of a tenant, who are told of what concerns it. Built without blocking writes.
import { Migration } from '@mikro-orm/migrations';

export class Administrators extends Migration {
  override name = '2026-11-30-administrators';

  override isTransactional(): boolean {
    return false;
  }

  override up(): void {
    this.addSql(`drop index concurrently if exists "user_account_with_roles_index"`);
    this.addSql(
      `create index concurrently "user_account_with_roles_index" on "user_account" ("tenant_id") where "roles" <> '[]'`,
    );
  }
}
