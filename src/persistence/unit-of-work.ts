// Collects everything that a step writes and commits it at once, or not at all.
//
// The writes become one statement, each as a common table expression, so a step takes one round trip however many effects
// it has. A write that must win against a concurrent step is a requirement. If it loses, everything is rolled back.
import type { InsertObject, Kysely } from 'kysely';
import { UserError } from '../platform/user-error.ts';
import { refuseOverlap } from './disjoint-writes.ts';
import { isContention, isForeignKeyViolation, isLostRequirement, isUniqueViolation } from './failure.ts';
import { insertion } from './insertion.ts';
import { oneStatement, type Write } from './one-statement.ts';
import { type EntityManager, type Sql, sqlOf } from './orm.ts';
import { type Bound, type Built, compile, run } from './statement.ts';
import { atomically } from './transaction.ts';

type Database = Sql extends Kysely<infer Tables> ? Tables : never;
export type Table = keyof Database & string;
export type Row<T extends Table> = InsertObject<Database, T>;

/**
 * Runs before the writes, in a transaction. Returns false when a concurrent step was first. For what one statement cannot
 * do: lock a row, and then read what others have committed.
 */
type Condition = (sql: Sql) => Promise<boolean>;

/** A statement from `statement`, or a query that is compiled for this use. */
type Query = Bound | ((sql: Sql) => Built);

/** A requirement lost against a concurrent step. Nothing was written. */
export class Conflict extends UserError {
  static readonly description =
    'Another request changed the same data first, and this request changed nothing. Read the current state and continue from there.';
  readonly code = 'CONFLICT';
  constructor() {
    super('A concurrent request changed this first. Read the current state and try again.');
  }
}

export class UnitOfWork {
  readonly #conditions: Condition[] = [];
  readonly #rows = new Map<Table, object[]>();
  readonly #writes: Write[] = [];
  readonly #calls: Bound[] = [];
  readonly #afterwards: (() => void)[] = [];

  /** Adds a condition without which nothing is written. Conditions run in the order in which they were added. */
  require(condition: Condition): void {
    this.#conditions.push(condition);
  }

  /** Values of jsonb columns are passed as `jsonText`. */
  insert<T extends Table>(table: T, ...rows: readonly Row<T>[]): void {
    this.#rows.set(table, [...(this.#rows.get(table) ?? []), ...rows]);
  }

  /** An update or a deletion. Two writes that may touch the same row are refused, see disjoint-writes.ts. */
  write(query: Query): void {
    this.#writes.push({ query: bound(query), required: false });
  }

  /** Adds a write with a `returning` clause. If it returns no row, nothing is written. */
  requireWrite(query: Query): void {
    this.#writes.push({ query: bound(query), required: true });
  }

  /** Adds a query that calls a database function and returns one value. */
  call(query: Query): void {
    this.#calls.push(bound(query));
  }

  /** Adds work to do after the commit, such as a log line. It must not fail. */
  afterCommit(work: () => void): void {
    this.#afterwards.push(work);
  }

  /** @throws {Conflict} when a requirement is lost. */
  async commit(em: EntityManager): Promise<void> {
    await this.#commit(em);
    for (const work of this.#afterwards) work();
  }

  async #commit(em: EntityManager): Promise<void> {
    try {
      // PostgreSQL commits a single statement by itself.
      if (this.#conditions.length === 0) await this.#flush(sqlOf(em));
      else await atomically(em, (transaction) => this.#writeAll(sqlOf(transaction)));
    } catch (error) {
      const isLost =
        isLostRequirement(error) ||
        isUniqueViolation(error) ||
        isForeignKeyViolation(error) ||
        isContention(error);
      throw isLost ? new Conflict() : error;
    }
  }

  async #writeAll(sql: Sql): Promise<void> {
    for (const condition of this.#conditions) {
      if (!(await condition(sql))) throw new Conflict();
    }
    await this.#flush(sql);
  }

  async #flush(sql: Sql): Promise<void> {
    const inserts = [...this.#rows].map(([table, rows]) => ({
      query: insertion(table, rows),
      required: false,
    }));
    const writes = [...inserts, ...this.#writes];
    if (writes.length === 0 && this.#calls.length === 0) return;
    refuseOverlap(writes.map(({ query }) => query.touched));
    await run(sql, oneStatement(writes, this.#calls));
  }
}

function bound(query: Query): Bound {
  return typeof query === 'function' ? compile(query) : query;
}
