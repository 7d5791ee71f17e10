// Divides the audit log by month. The table so far becomes the first partition, which ends in about two months; the
// retention job creates the following ones. No row is copied, and everything that takes long blocks no writes: a
// validated constraint saves the scan, and the new primary key is built before.
//
// Until no node of the version before is left, a trigger keeps its retention from deleting events: it deletes by `ctid`,
// which several partitions have. A later release drops the trigger. Nothing else is lost, because months are dropped now.
import { setTimeout as pause } from 'node:timers/promises';
import { Migration } from '@mikro-orm/migrations';

const OLD = 'audit_event_first';
const TRIES = 20;

export class AuditPartitions extends Migration {
  override name = '2026-11-29-audit-partitions';

  override isTransactional(): boolean {
    return false;
  }

  override async up(): Promise<void> {
    // A try that was killed after the swap need not be repeated.
    const [{ kind }] = await this.#read<{ kind: string }>(
      `select relkind as kind from pg_class where oid = 'audit_event'::regclass`,
    );
    if (kind === 'p') return;
    const [{ bound }] = await this.#read<{ bound: string }>(
      // Later if a clock was wrong once.
      `select to_char(date_trunc('month', greatest(now(), max("occurred_at")) at time zone 'UTC')
         + interval '2 months', 'YYYY-MM-DD') || 'T00:00:00Z' as bound from "audit_event"`,
    );
    try {
      await this.execute(`alter table "audit_event" drop constraint if exists "audit_event_bound"`);
      await this.#withoutQueueing(
        `alter table "audit_event" add constraint "audit_event_bound" check ("occurred_at" < '${bound}') not valid`,
      );
      await this.execute(`alter table "audit_event" validate constraint "audit_event_bound"`);
      await this.execute(`drop index concurrently if exists "${OLD}_pkey"`);
      await this.execute(
        `create unique index concurrently "${OLD}_pkey" on "audit_event" ("occurred_at", "id")`,
      );
      await this.#withoutQueueing(swap(bound));
    } catch (error) {
      // Otherwise the version before could write no events after the bound.
      await this.execute(`alter table "audit_event" drop constraint if exists "audit_event_bound"`);
      throw error;
    }
  }

  async #read<Row>(sql: string): Promise<[Row]> {
    return (await this.execute(sql)) as [Row];
  }

  /** A lock that is waited for blocks everyone who comes later, so this gives up after a moment and tries again. */
  async #withoutQueueing(statement: string): Promise<void> {
    const block = `do $migration$ begin set local lock_timeout = '500ms'; ${statement}; end $migration$`;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.execute(block);
        return;
      } catch (error) {
        if (tries === TRIES || (error as { code?: string }).code !== '55P03') throw error;
        await pause(500);
      }
    }
  }
}

/** Metadata only, in one transaction. */
function swap(bound: string): string {
  return `
    alter table "audit_event" rename to "${OLD}";
    alter table "${OLD}" drop constraint "audit_event_pkey";
    alter table "${OLD}" add constraint "${OLD}_pkey" primary key using index "${OLD}_pkey";
    alter index "audit_event_user_id_occurred_at_index" rename to "${OLD}_user_id_occurred_at_index";
    drop index "audit_event_occurred_at_index";

    create table "audit_event" (like "${OLD}" including defaults) partition by range ("occurred_at");
    alter table "audit_event" add constraint "audit_event_pkey" primary key ("occurred_at", "id");
    create index "audit_event_user_id_occurred_at_index" on "audit_event" ("user_id", "occurred_at");
    alter table "audit_event" attach partition "${OLD}" for values from (minvalue) to ('${bound}');
    alter table "${OLD}" drop constraint "audit_event_bound";
    create table "audit_event_default" partition of "audit_event" default;

    create function "keep_audit_event"() returns trigger language plpgsql as 'begin return null; end';
    create trigger "keep_audit_event" before delete on "audit_event" for each row
      when (current_query() like 'delete from "audit_event" where ctid = any(array(%') execute function "keep_audit_event"();

    ${SAME_GRANTS}`;
}

/** Whoever could read the log can still read it. */
const SAME_GRANTS = `
    declare
      given record;
    begin
      for given in
        select privilege_type as what, coalesce(nullif(grantee, 0)::regrole::text, 'public') as whom
        from pg_class, aclexplode(relacl) where oid = '${OLD}'::regclass
      loop
        execute format('grant %s on "audit_event" to %s', given.what, given.whom);
      end loop;
    end`;
