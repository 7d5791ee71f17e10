// Client certificates: the rules of tenants, and an index by which a key belongs to one user of a tenant. The index is
// built without blocking writes, so not in a transaction.
import { Migration } from '@mikro-orm/migrations';

export class Certificates extends Migration {
  override name = '2026-11-30-certificates';

  override isTransactional(): boolean {
    return false;
  }

  override up(): void {
    this.addSql(
      `alter table "tenant" add column if not exists "certificate_rules" jsonb not null default '[]'`,
    );
    this.addSql(`drop index concurrently if exists "authenticator_secret_unique"`);
    this.addSql(
      `create unique index concurrently "authenticator_secret_unique" on "authenticator" ("secret") where "factor" = 'CERTIFICATE' and "confirmed_at" is not null`,
    );
  }
}
