// Uses up the proofs that were bound to one operation, before any of its fields runs. Whatever fails afterwards, a
// proof was used: nothing that is bound to an operation can run twice.
import { type GraphQLSchema, isObjectType } from 'graphql';
import { type Requirement, StepUpBind } from '../policy/requirement.ts';
import type { Decisions } from './decisions.ts';
import { type Guard, guardsOf } from './guard.ts';
import type { GuardedField, OperationToRun } from './operation.ts';
import { operationDigest } from './operation-digest.ts';
import { strictest } from './requirements.ts';

/**
 * Uses up a proof that the caller's session has made for the operation of this digest. It must be true for one caller
 * only, and only when one of the factors in `accept` was proved no longer than `maxAge` seconds ago.
 */
export type ConsumeProof<Context> = (
  context: Context,
  digest: string,
  demand: Requirement,
) => Promise<boolean>;

/**
 * What the operation's fields demand of a bound proof, where nothing else refuses them: no proof is used up for what
 * is refused all the same.
 * @param together whether the operation is refused whole when one of its fields is.
 */
export function boundDemands(
  fields: readonly GuardedField[],
  decisions: Decisions,
  together: boolean,
): Requirement[] {
  if (fields.every(({ guards }) => boundIn(guards).length === 0)) return [];
  if (together && fields.some(({ guards }) => !decisions.isLetPassOnceApproved(guards))) return [];
  const demands = fields.flatMap(({ guards }) => {
    const bound = boundIn(guards);
    return bound.length > 0 && decisions.isLetPassOnceApproved(guards) ? bound : [];
  });
  return [...new Set(demands)];
}

const bound = new WeakMap<GraphQLSchema, boolean>();

/** Whether any field of the schema demands a bound proof. */
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

/** One proof does for all fields of the operation that accept a factor in common. */
export async function useProofs(
  { document, operationName, variableValues }: OperationToRun,
  demands: readonly Requirement[],
  decisions: Decisions,
  consume: (digest: string, demand: Requirement) => Promise<boolean>,
): Promise<void> {
  const digest = operationDigest({ document, operationName, variables: variableValues });
  if (digest === null) return;
  for (const demand of strictest(demands, decisions.enrolled)) {
    // Only `true` counts, whatever a server in plain JavaScript may answer.
    const used: unknown = await consume(digest, demand);
    if (used !== true) return;
  }
  decisions.approve(demands);
}
