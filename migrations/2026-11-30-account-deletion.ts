// Accounts that are to be deleted. A server of the previous version ignores the new columns: a user whose deletion is
// scheduled can sign in on it, and it neither cancels the deletion nor erases anybody.
//
// The indexes are built without blocking writes, so not in a transaction. A build that was interrupted leaves an invalid
// index, which the next try drops.
import { Migration } from '@mikro-orm/migrations';

const DUE = `"user_account" ("deletion_due_at") where "deletion_due_at" is not null`;
const ROLES = `"user_account" ("tenant_id") where "roles" <> '[]'`;
/** The events in which a user acted on the account of somebody else. */
const ACTED = 'audit_event_actor_user_id_occurred_at_index';
const ACTED_ON = `("actor_user_id", "occurred_at") where "actor_kind" = 'ADMINISTRATOR'`;

export class AccountDeletion extends Migration {
  override name = '2026-11-30-account-deletion';

  override isTransactional(): boolean {
    return false;
  }

  override async up(): Promise<void> {
    await this.execute(`alter table "user_account" add column if not exists "deletion_requested_at" timestamptz null,
      add column if not exists "deletion_due_at" timestamptz null,
      add column if not exists "erasing_at" timestamptz null`);
    await this.#build('user_account_deletion_due_at_index', DUE);
    await this.#build('user_account_tenant_id_index', ROLES);
    await this.#buildInEachPartition();
  }

  async #build(name: string, definition: string): Promise<void> {
    await this.execute(`drop index concurrently if exists "${name}"`);
    await this.execute(`create index concurrently "${name}" on ${definition}`);
  }

  /** The index of a partitioned table is valid once each partition has its own. A partition that is added later gets one. */
  async #buildInEachPartition(): Promise<void> {
    await this.execute(`create index if not exists "${ACTED}" on only "audit_event" ${ACTED_ON}`);
    const partitions = (await this.execute(
      `select child.relname as name from pg_inherits join pg_class child on child.oid = inhrelid
       where inhparent = 'audit_event'::regclass and not exists (
         select from pg_index built join pg_inherits part on part.inhrelid = built.indexrelid
         where built.indrelid = child.oid and part.inhparent = '"${ACTED}"'::regclass
       )`,
    )) as { name: string }[];
    for (const { name } of partitions) {
      const index = `${name}_actor_user_id_occurred_at_index`;
      await this.#build(index, `"${name}" ${ACTED_ON}`);
      await this.execute(`alter index "${ACTED}" attach partition "${index}"`);
    }
  }
}
