// A session's evidence less that of some factors, in SQL on the row as it is then: two changes of one session in
// parallel lose no evidence, nor bring any back.
import { type RawBuilder, sql as raw } from 'kysely';
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

export function evidenceWithout(factors: readonly FactorKind[]): RawBuilder<Evidence[]> {
  return raw<Evidence[]>`(
    select coalesce(jsonb_agg(one), '[]') from jsonb_array_elements(evidence) one
    where not one ->> 'factor' = any(${factors})
  )`;
}
