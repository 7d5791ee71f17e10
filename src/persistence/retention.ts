// Deletes what has reached its age. docs/operating.md lists the ages and their reasons. Every statement finds its rows by
// an index and deletes a small batch, committed separately, so that locks are short and a backlog is worked off
// gradually. The audit log is audit-partitions.ts.
import { type RawBuilder, sql as raw } from 'kysely';
import type { RetentionSettings } from '../config/settings.ts';
import { addSeconds } from '../platform/clock.ts';
import { FORGOTTEN_AFTER } from '../policy/lockout.ts';
import { type Batch, isInBatch } from './batch.ts';
import type { Sql } from './orm.ts';

const DAY_SECONDS = 86_400;
/** Anyone can start workflows. An hour is enough to tell a client that its workflow has expired. */
const ENDED_WORKFLOW_SECONDS = 3600;
/** After so long, nobody continues an import. */
const OLD_IMPORT_SECONDS = 400 * DAY_SECONDS;

/** Rows per statement. */
const BATCH = 1000;
/** Smaller, because each takes rows of other tables with it. */
const WORKFLOW_BATCH = 250;
const SIGN_UP_BATCH = 50;
const SESSION_BATCH = 50;

interface Outdated extends Omit<Batch, 'most'> {
  readonly what: string;
  readonly most?: number;
  /** A table that may have thousands of rows for each. They are deleted before, in batches of their own. */
  readonly children?: { readonly table: string; readonly key: string };
}

/** Whatever has this column at a time before. */
function before(column: string, time: Date): Pick<Batch, 'where' | 'by'> {
  const by = raw.ref(column);
  return { where: raw`${by} < ${time}`, by };
}

/** What was never confirmed. Each of these columns has a partial index on the others. */
function unproved(column: string, time: Date): Pick<Batch, 'where' | 'by'> {
  const { where, by } = before('created_at', time);
  return { where: raw`${raw.ref(column)} is null and ${where}`, by };
}

function outdated(now: Date, ages: RetentionSettings): readonly Outdated[] {
  const yesterday = addSeconds(now, -DAY_SECONDS);
  const ended = raw`least(expires_at, revoked_at)`;
  const usedTokens = before('used_at', addSeconds(now, -ages.usedTokenSeconds));
  return [
    {
      what: 'workflows',
      table: 'workflow',
      ...before('expires_at', addSeconds(now, -ENDED_WORKFLOW_SECONDS)),
      most: WORKFLOW_BATCH,
    },
    { what: 'signUps', table: 'user_account', ...unproved('activated_at', yesterday), most: SIGN_UP_BATCH },
    { what: 'enrollments', table: 'authenticator', ...unproved('confirmed_at', yesterday) },
    { what: 'identities', table: 'identity', ...unproved('linked_at', yesterday) },
    { what: 'addresses', table: 'email_address', ...unproved('verified_at', yesterday) },
    { what: 'numbers', table: 'phone_number', ...unproved('verified_at', yesterday) },
    {
      what: 'devices',
      table: 'known_device',
      ...before('last_seen_at', addSeconds(now, -ages.deviceSeconds)),
    },
    { what: 'refreshTokens', table: 'refresh_token', ...usedTokens },
    {
      what: 'sessions',
      table: 'session',
      where: raw`${ended} < ${addSeconds(now, -ages.endedSessionSeconds)}`,
      by: ended,
      most: SESSION_BATCH,
      children: { table: 'refresh_token', key: 'session_id' },
    },
    { what: 'consents', table: 'merge_consent', ...before('expires_at', now) },
    { what: 'grants', table: 'operation_grant', ...before('expires_at', yesterday) },
    {
      what: 'messages',
      table: 'outbox_message',
      ...before('expires_at', addSeconds(now, -ages.messageSeconds)),
    },
    {
      what: 'rateLimits',
      table: 'rate_limit',
      where: raw`expire <= ${now.getTime()}`,
      by: raw.ref('expire'),
    },
    ...FORGOTTEN_AFTER.map((_, at) => forgottenFailures(at, now)),
    { what: 'logoutTokens', table: 'logout_token', ...before('expires_at', now) },
    { what: 'samlResponses', table: 'saml_response', ...before('expires_at', now) },
    { what: 'samlAssertions', table: 'saml_assertion', ...before('expires_at', now) },
    { what: 'signingKeys', table: 'signing_key', ...before('retired_at', yesterday) },
    { what: 'imports', table: 'user_import', ...before('updated_at', addSeconds(now, -OLD_IMPORT_SECONDS)) },
  ];
}

/** Each number of failures by itself, so that the index skips those that are too recent. */
function forgottenFailures(at: number, now: Date): Outdated {
  const { below = 0, seconds = 0 } = FORGOTTEN_AFTER[at] ?? {};
  const least = FORGOTTEN_AFTER[at - 1]?.below ?? 0;
  const numbers = Array.from({ length: below - least }, (_, one) => least + one);
  const { where } = before('updated_at', addSeconds(now, -seconds));
  return {
    what: 'lockouts',
    table: 'lockout',
    where: raw`failures = any(${raw.lit(`{${numbers.join()}}`)}::int[]) and ${where}`,
    by: raw`failures, updated_at`,
  };
}

/**
 * @param signal stops the run after the current batch.
 * @returns the number of deleted rows of each kind.
 */
export async function applyRetention(
  sql: Sql,
  now: Date,
  ages: RetentionSettings,
  signal: AbortSignal = new AbortController().signal,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { what, children, most = BATCH, ...rows } of outdated(now, ages)) {
    let deleted = 0;
    const batch = { ...rows, most };
    while (!signal.aborted) {
      if (children !== undefined) await deleteChildren(sql, batch, children, signal);
      const last = await run(sql, raw`delete from ${raw.table(batch.table)} where ${isInBatch(batch)}`);
      deleted += last;
      if (last < most) break;
    }
    counts[what] = (counts[what] ?? 0) + deleted;
  }
  return counts;
}

/** Deletes the children of the next batch. */
async function deleteChildren(
  sql: Sql,
  { table, where, by, most }: Batch,
  children: { readonly table: string; readonly key: string },
  signal: AbortSignal,
): Promise<void> {
  const child = raw.table(children.table);
  const some = raw`select child.ctid
    from (select id from ${raw.table(table)} where ${where} order by ${by} limit ${raw.lit(most)}) as parent
    cross join lateral (
      select ctid from ${child} where ${raw.ref(children.key)} = parent.id limit ${raw.lit(BATCH)}
    ) as child
    limit ${raw.lit(BATCH)}`;
  while (!signal.aborted) {
    if ((await run(sql, raw`delete from ${child} where ctid = any(array(${some}))`)) < BATCH) break;
  }
}

async function run(sql: Sql, statement: RawBuilder<unknown>): Promise<number> {
  return Number((await statement.execute(sql)).numAffectedRows);
}
