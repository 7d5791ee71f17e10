// Adds or removes evidence of a session in SQL, on the current row, so that concurrent changes neither lose evidence
// nor restore removed evidence.
import { type RawBuilder, sql as raw } from 'kysely';
import { jsonb } from '../persistence/jsonb.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

/** Replaces an older completion of the same factor and keeps its `since`. */
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
