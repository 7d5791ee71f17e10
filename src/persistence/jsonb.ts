// Values for jsonb columns. They are encoded here, because the driver would turn an array into a PostgreSQL array.
import { type RawBuilder, sql } from 'kysely';

/** For a place where PostgreSQL infers the type: a column that is inserted or set. */
export function jsonText<T>(value: T): T {
  return JSON.stringify(value) as T;
}

/** For any other place, with an explicit cast. */
export function jsonb<T>(value: T): RawBuilder<T> {
  return sql<T>`cast(${jsonText(value)} as jsonb)`;
}
