// Collects everything that a step writes and commits it at once, or not at all.
//
// The writes become one statement, each as a common table expression, so a step takes the same few round trips however
// many effects it has. A write that must win against a concurrent step is a requirement. If it loses, everything is
// rolled back.
import { type InsertObject, type Kysely, type OperationNode, type RawBuilder, sql as raw } from 'kysely';
import { UserError } from '../platform/user-error.ts';
import { refuseOverlap } from './disjoint-writes.ts';
import { isContention, isUniqueViolation } from './failure.ts';
import { type EntityManager, type Sql, sqlOf } from './orm.ts';
import { atomically } from './transaction.ts';

type Database = Sql extends Kysely<infer Tables> ? Tables : never;
export type Table = keyof Database & string;
export type Row<T extends Table> = InsertObject<Database, T>;

/** Runs first, inside the transaction. Returns false when a concurrent step was first. */
type Condition = (sql: Sql) => Promise<boolean>;

/** A query that can be used in a common table expression. */
interface Query {
  toOperationNode(): OperationNode;
}

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
  readonly #writes: { readonly query: (sql: Sql) => Query; readonly required: boolean }[] = [];
  readonly #calls: RawBuilder<unknown>[] = [];
  readonly #afterwards: (() => void)[] = [];

  /** Adds a condition without which nothing is written. Conditions run in the order in which they were added. */
  require(condition: Condition): void {
    this.#conditions.push(condition);
  }

  insert<T extends Table>(table: T, ...rows: readonly Row<T>[]): void {
    this.#rows.set(table, [...(this.#rows.get(table) ?? []), ...rows]);
  }

  /** An update or a deletion. Two writes that may touch the same row are refused, see disjoint-writes.ts. */
  write(query: (sql: Sql) => Query): void {
    this.#writes.push({ query, required: false });
  }

  /** Adds a write with a `returning` clause. If it returns no row, nothing is written. */
  requireWrite(query: (sql: Sql) => Query): void {
    this.#writes.push({ query, required: true });
  }

  /** Adds a call of a database function. */
  call(call: RawBuilder<unknown>): void {
    this.#calls.push(call);
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
    const canBeLost = this.#conditions.length > 0 || this.#writes.some((write) => write.required);
    try {
      if (canBeLost) await atomically(em, (transaction) => this.#writeAll(sqlOf(transaction)));
      else await this.#flush(sqlOf(em));
    } catch (error) {
      throw isUniqueViolation(error) || isContention(error) ? new Conflict() : error;
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
      query: (db: Sql): Query => db.insertInto(table).values(rows),
      required: false,
    }));
    const writes = [...inserts, ...this.#writes];
    if (writes.length === 0 && this.#calls.length === 0) return;
    // Kysely types each expression of a chain, but the length of this chain is dynamic.
    type Chain = Sql & { with(name: string, query: (db: Sql) => Query): Chain };
    let chain = sql as Chain;
    const queries = writes.map(({ query }) => query(sql));
    refuseOverlap(queries.map((query) => query.toOperationNode()));
    for (const [at, query] of queries.entries()) chain = chain.with(nameOf(at), () => query);
    const required = writes.flatMap(({ required }, at) => (required ? [nameOf(at)] : []));
    const row = await chain
      .selectNoFrom([
        ...required.map((name) => raw<string>`(select count(*) from ${raw.ref(name)})`.as(name)),
        ...this.#calls.map((call, at) => raw`(${call})`.as(`call_${at}`)),
        raw<string>`1`.as('committed'),
      ])
      .executeTakeFirstOrThrow();
    if (required.some((name) => Number(row[name]) === 0)) throw new Conflict();
  }
}

function nameOf(at: number): string {
  return `write_${at}`;
}
