// A session's evidence with one more completion, or less that of some factors, in SQL on the row as it is then: two
// changes of one session in parallel lose no evidence, nor bring any back.
import { type RawBuilder, sql as raw } from 'kysely';
import { jsonb } from '../persistence/jsonb.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

/** An older completion of the same factor gives way, and hands on since when there has been one. */
export function evidenceWith(added: Evidence): RawBuilder<Evidence[]> {
  return raw<Evidence[]>`${evidenceWithout([added.factor])} || jsonb_build_array(
    ${jsonb(added)} || jsonb_strip_nulls(jsonb_build_object('since', (
      select coalesce(one -> 'since', one -> 'completedAt') from jsonb_array_elements(evidence) one
      where one ->> 'factor' = ${added.factor}
    )))
  )`;
}

export function evidenceWithout(factors: readonly FactorKind[]): RawBuilder<Evidence[]> {
  return raw<Evidence[]>`(
    select coalesce(jsonb_agg(one), '[]') from jsonb_array_elements(evidence) one
    where not one ->> 'factor' = any(${factors})
  )`;
}
