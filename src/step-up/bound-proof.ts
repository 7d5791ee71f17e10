// Consumes the proofs that are bound to one operation, before any of its fields runs. The proof stays consumed if the
// operation fails later, so that no operation runs twice on one proof.
import { type GraphQLSchema, isObjectType } from 'graphql';
import { type Requirement, StepUpBind } from '../policy/requirement.ts';
import type { Decisions } from './decisions.ts';
import { type Guard, guardsOf } from './guard.ts';
import { type GuardedField, guardedFields, type OperationToRun } from './operation.ts';
import { operationDigest } from './operation-digest.ts';
import { strictest } from './requirements.ts';

/**
 * Consumes a proof that the caller's session made for one operation. Resolve to true only once for each proof, and only
 * if one of the factors in `demand.accept` was completed no longer than `demand.maxAge` seconds ago. If two requests
 * consume the same proof at the same time, only one may get true. When it rejects, the operation fails and none of its
 * fields runs.
 *
 * @param context the operation's context.
 * @param digest the operation's digest, as `operationDigest` computes it.
 * @param demand the strictest requirement that the proof must meet.
 */
export type ConsumeProof<Context> = (
  context: Context,
  digest: string,
  demand: Requirement,
) => Promise<boolean>;

/**
 * The requirements that need a bound proof, on fields that nothing else refuses: no proof is consumed for a field that
 * is refused anyway.
 *
 * @param together whether the operation is refused whole when one of its fields is.
 */
export function boundDemands(
  fields: readonly GuardedField[],
  decisions: Decisions,
  together: boolean,
): Requirement[] {
  if (fields.every(({ guards }) => boundIn(guards).length === 0)) return [];
  if (together && fields.some(({ guards }) => !decisions.needsOnlyBoundProof(guards))) return [];
  const demands = fields.flatMap(({ guards }) => {
    const bound = boundIn(guards);
    return bound.length > 0 && decisions.needsOnlyBoundProof(guards) ? bound : [];
  });
  return [...new Set(demands)];
}

/** Whether any field of the operation demands a bound proof. */
export function demandsBoundProof(operation: OperationToRun): boolean {
  return guardedFields(operation).some(({ guards }) => boundIn(guards).length > 0);
}

const bound = new WeakMap<GraphQLSchema, boolean>();

/** Whether any field of the schema needs a bound proof. */
export function hasBoundFields(schema: GraphQLSchema): boolean {
  const known = bound.get(schema) ?? findBoundField(schema);
  bound.set(schema, known);
  return known;
}

function findBoundField(schema: GraphQLSchema): boolean {
  return Object.values(schema.getTypeMap()).some(
    (type) =>
      isObjectType(type) &&
      Object.keys(type.getFields()).some((name) => boundIn(guardsOf(type, name)).length > 0),
  );
}

function boundIn(guards: readonly Guard[]): Requirement[] {
  return guards.flatMap((guard) =>
    guard.directive === 'stepUp' && guard.requirement.bind === StepUpBind.OPERATION ? guard.requirement : [],
  );
}

/** One proof covers all fields of the operation that accept a common factor. */
export async function useProofs(
  { document, operationName, variableValues }: OperationToRun,
  demands: readonly Requirement[],
  decisions: Decisions,
  consume: (digest: string, demand: Requirement) => Promise<boolean>,
): Promise<void> {
  const digest = operationDigest({ document, operationName, variables: variableValues });
  if (digest === null) return;
  for (const demand of strictest(demands, decisions.enrolled)) {
    // A server in plain JavaScript may return any value. Only `true` counts.
    const used: unknown = await consume(digest, demand);
    if (used !== true) return;
  }
  decisions.approve(demands);
}
