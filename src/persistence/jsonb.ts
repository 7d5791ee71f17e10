// A value for a jsonb column. The driver turns a bare array into a PostgreSQL array, so JSON is always said so.
import { type RawBuilder, sql } from 'kysely';

export function jsonb<T>(value: T): RawBuilder<T> {
  return sql<T>`cast(${JSON.stringify(value)} as jsonb)`;
}
