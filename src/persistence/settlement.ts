// Everything that one step writes, gathered first and then written at once: either all of it or nothing.
//
// The writes become one statement (each a common table expression), so a step costs the same few round trips
// however many effects it has. What must be won against a parallel step is a requirement: whoever loses one rolls
// everything back.
import { type InsertObject, type Kysely, type OperationNode, type RawBuilder, sql as raw } from 'kysely';
import { UserError } from '../platform/user-error.ts';
import { refuseOverlap } from './disjoint-writes.ts';
import { isContention, isUniqueViolation } from './failure.ts';
import { type EntityManager, type Sql, sqlOf } from './orm.ts';
import { atomically } from './transaction.ts';

type Database = Sql extends Kysely<infer Tables> ? Tables : never;
export type Table = keyof Database & string;
export type Row<T extends Table> = InsertObject<Database, T>;

/** Runs first, inside the transaction; false when somebody else was first. */
type Condition = (sql: Sql) => Promise<boolean>;

/** A query that can stand in a common table expression. */
interface Query {
  toOperationNode(): OperationNode;
}

/** A requirement was lost to a parallel step: nothing was written. */
export class Conflict extends UserError {
  readonly code = 'CONFLICT';
  constructor() {
    super('Another request was first. Read the current state, then go on from there.');
  }
}

export class Settlement {
  readonly #conditions: Condition[] = [];
  readonly #rows = new Map<Table, object[]>();
  readonly #writes: { readonly query: (sql: Sql) => Query; readonly required: boolean }[] = [];
  readonly #calls: RawBuilder<unknown>[] = [];
  readonly #afterwards: (() => void)[] = [];

  /** Must hold for anything to be written. Conditions run in the order in which they were added. */
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

  /** A write with a `returning` clause that must return a row for anything to be written. */
  requireWrite(query: (sql: Sql) => Query): void {
    this.#writes.push({ query, required: true });
  }

  /** A call of a database function. */
  call(call: RawBuilder<unknown>): void {
    this.#calls.push(call);
  }

  /** Done once everything is written: a line in the log, nothing that may fail. */
  afterCommit(work: () => void): void {
    this.#afterwards.push(work);
  }

  /** @throws {Conflict} when a requirement was lost. */
  async commit(em: EntityManager): Promise<void> {
    await this.#settle(em);
    for (const work of this.#afterwards) work();
  }

  async #settle(em: EntityManager): Promise<void> {
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
    // Kysely types each expression of a chain; this chain is as long as the step has writes.
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
        raw<string>`1`.as('settled'),
      ])
      .executeTakeFirstOrThrow();
    if (required.some((name) => Number(row[name]) === 0)) throw new Conflict();
  }
}

function nameOf(at: number): string {
  return `write_${at}`;
}
