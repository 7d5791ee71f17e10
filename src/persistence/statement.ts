// A statement that is compiled once and given its values at each use. Building and compiling a long one takes Kysely
// longer than PostgreSQL takes to run it.
import {
  type Compilable,
  CompiledQuery,
  DummyDriver,
  Kysely,
  type OperationNode,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { type Touched, touchedBy } from './disjoint-writes.ts';
import type { Sql } from './orm.ts';

/** A query that Kysely has built. */
export interface Built<Row = unknown> extends Compilable<Row> {
  toOperationNode(): OperationNode;
}

/** A statement with its values. */
export interface Bound<Row = unknown> {
  readonly text: string;
  readonly values: readonly unknown[];
  /** The existing rows that it may change. Null if there are none. */
  readonly touched: Touched | null;
  /** Carries the type of the rows that it returns. */
  readonly row?: Row;
}

/** Builds queries and cannot run them. */
const BUILDER = new Kysely({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
}) as Sql;

/** Stands for a value while the statement is built. */
class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

const SLOTS = new Proxy({}, { get: (_, name) => new Slot(String(name)) });

/**
 * @param build is called once, with a placeholder for each value that it reads. It can pass them on to PostgreSQL, but it
 * cannot decide anything from them, or list them.
 */
export function statement<Values extends object, Row>(
  build: (db: Sql, values: Values) => Built<Row>,
): (values: Values) => Bound<Row> {
  let compiled: Bound<Row> | null = null;
  return (values) => {
    compiled ??= compile((db) => build(db, SLOTS as Values));
    const valueOf = (one: unknown): unknown => (one instanceof Slot ? values[one.name as keyof Values] : one);
    const { text, touched } = compiled;
    return {
      text,
      values: compiled.values.map(valueOf),
      touched: touched && {
        ...touched,
        equal: touched.equal.map(([column, value]) => [column, valueOf(value)] as const),
      },
    };
  };
}

/** Compiles a statement that is rarely used. */
export function compile<Row>(build: (db: Sql) => Built<Row>): Bound<Row> {
  const query = build(BUILDER);
  const { sql: text, parameters: values } = query.compile();
  return { text, values, touched: touchedBy(query.toOperationNode()) };
}

export async function run<Row>(sql: Sql, { text, values }: Bound<Row>): Promise<Row[]> {
  const { rows } = await sql.executeQuery<Row>(CompiledQuery.raw(text, [...values]));
  return rows;
}
