// A value for a jsonb column. The cast is explicit because the driver would turn an array into a PostgreSQL array.
import { type RawBuilder, sql } from 'kysely';

export function jsonb<T>(value: T): RawBuilder<T> {
  return sql<T>`cast(${JSON.stringify(value)} as jsonb)`;
}
