// Exports what is kept about a user, for that user, page by page. The first page is recorded in the audit log and told to the
// user. Each page names the next one by a sealed cursor, so none can be read without a first page.
import { sql as raw } from 'kysely';
import type { Outbox } from '../delivery/outbox.ts';
import { lockUser } from '../factors/account.ts';
import { addAudit, byUser } from '../persistence/audit.ts';
import { type Sql, sqlOf } from '../persistence/orm.ts';
import { atomically } from '../persistence/transaction.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds } from '../platform/clock.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { open, seal } from '../platform/seal.ts';
import { UserError } from '../platform/user-error.ts';
import { EXPORT_CHARACTERS, EXPORT_PAGE, EXPORT_SECONDS, EXPORTS_HOURLY } from '../policy/data-export.ts';
import type { Owner } from '../sessions/owner.ts';
import { tellAllAddresses } from '../users/tell-all-addresses.ts';
import type { DataRecord, DataSection, Opening } from './data-section.ts';
import { DATA_SECTIONS } from './data-sections.ts';

const HOUR_SECONDS = 3600;

export class TooManyExports extends UserError {
  static readonly description =
    `You have exported your data ${EXPORTS_HOURLY} times within an hour. Try again later.`;
  readonly code = 'TOO_MANY_EXPORTS';
  constructor() {
    super('You have exported your data several times within an hour. Try again later.');
  }
}

export interface DataPage {
  readonly records: readonly DataRecord[];
  /** The cursor of the next page. Null for the last one. */
  readonly next: string | null;
}

/** Where a page begins. */
interface Cursor {
  readonly kind: string;
  /** The values of the section's `order` in the last record before. Null at its beginning. */
  readonly after: readonly string[] | null;
  /** Until when the export can be continued, in milliseconds since 1970. */
  readonly until: number;
}

type Parts = Opening & { readonly outbox: Outbox };

/**
 * @param after the cursor of the page before. Null begins an export.
 * @returns null when it is not a cursor of this user, or the export has taken too long.
 * @throws {TooManyExports}
 */
export async function exportMyData(
  parts: Parts,
  after: string | null,
  owner: Owner,
): Promise<DataPage | null> {
  const { em, session, now } = owner;
  const { userId } = session;
  if (after === null) await begin(parts, owner);
  const until = addSeconds(now, EXPORT_SECONDS).getTime();
  const start = after === null ? firstOf(0, until) : readCursor(parts.ring, userId, after);
  if (start === null || start.until < now.getTime()) return null;
  const { records, next } = await readPage(sqlOf(em), parts, userId, start);
  return { records, next: next && seal(parts.ring, placeOf(userId), JSON.stringify(next)) };
}

/** Counts an export before anything is read. */
async function begin({ outbox }: Parts, { em, session, client, now }: Owner): Promise<void> {
  const { userId, tenantId, id: sessionId } = session;
  await atomically(em, async (transaction) => {
    const sql = sqlOf(transaction);
    await lockUser(sql, userId); // parallel ones are counted
    if ((await countRecent(sql, userId, now)) >= EXPORTS_HOURLY) throw new TooManyExports();
    const unitOfWork = new UnitOfWork();
    const entry = { type: 'user.data-exported', tenantId, userId, sessionId } as const;
    addAudit(unitOfWork, entry, byUser(session, client), now);
    const notice = { name: 'data-exported', ip: client.ip, userAgent: client.userAgent, at: now } as const;
    await tellAllAddresses(sql, outbox, unitOfWork, { userId, tenantId, now }, notice);
    await unitOfWork.commit(transaction);
  });
}

async function countRecent(sql: Sql, userId: string, now: Date): Promise<number> {
  const { count } = await sql
    .selectFrom('audit_event')
    .select((it) => it.fn.countAll<string>().as('count'))
    .where('user_id', '=', userId)
    .where('occurred_at', '>', addSeconds(now, -HOUR_SECONDS))
    .where('type', '=', 'user.data-exported')
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function readPage(
  sql: Sql,
  opening: Opening,
  userId: string,
  start: Cursor,
): Promise<{ readonly records: readonly DataRecord[]; readonly next: Cursor | null }> {
  const records: DataRecord[] = [];
  let characters = 0;
  let at: Cursor | null = start;
  while (at !== null) {
    const position = DATA_SECTIONS.findIndex(({ kind }) => kind === at?.kind);
    const section = DATA_SECTIONS[position];
    if (section === undefined) break;
    const most = EXPORT_PAGE - records.length;
    const rows = await readSection(sql, section, userId, at.after, most);
    for (const { record, key } of rows) {
      const shown = { kind: section.kind, ...(section.shown?.(record, opening) ?? record) };
      records.push(shown);
      characters += JSON.stringify(shown).length;
      at = { ...at, after: key };
      if (records.length === EXPORT_PAGE || characters >= EXPORT_CHARACTERS) return { records, next: at };
    }
    at = firstOf(position + 1, at.until);
  }
  return { records, next: null };
}

/** The beginning of a section. Null after the last one. */
function firstOf(position: number, until: number): Cursor | null {
  const section = DATA_SECTIONS[position];
  return section === undefined ? null : { kind: section.kind, after: null, until };
}

interface Read {
  readonly record: DataRecord;
  readonly key: readonly string[];
}

async function readSection(
  sql: Sql,
  { table, columns, whose, order, newestFirst = false }: DataSection,
  userId: string,
  after: Cursor['after'],
  most: number,
): Promise<Read[]> {
  const members = Object.entries(columns).flatMap(([column, name]) => [raw.lit(name), raw.ref(column)]);
  const keys = Object.keys(order).map((column) => raw.ref(column));
  const direction = newestFirst ? raw`desc` : raw`asc`;
  const last = Object.values(order).map((type, at) => raw`cast(${after?.[at] ?? null} as ${raw.raw(type)})`);
  const isAfter =
    after === null
      ? raw`true`
      : raw`(${raw.join(keys)}) ${newestFirst ? raw`<` : raw`>`} (${raw.join(last)})`;
  const { rows } = await raw<Read>`
    select jsonb_build_object(${raw.join(members)}) as record,
      array[${raw.join(keys.map((key) => raw`${key}::text`))}] as key
    from ${raw.table(table)}
    where ${whose(userId)} and ${isAfter}
    order by ${raw.join(keys.map((key) => raw`${key} ${direction}`))}
    limit ${raw.lit(most)}`.execute(sql);
  return rows;
}

/** Null when it is not a cursor of this user. */
function readCursor(ring: KeyRing, userId: string, sealed: string): Cursor | null {
  try {
    const cursor = JSON.parse(open(ring, placeOf(userId), sealed)) as Cursor;
    return DATA_SECTIONS.some(({ kind }) => kind === cursor.kind) ? cursor : null; // else of another version
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

function placeOf(userId: string): string {
  return `user:${userId}:data-export`;
}
