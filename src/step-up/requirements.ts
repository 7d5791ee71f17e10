// Tells in advance what an operation requires: the guards of each of its fields, and the fewest step-ups that meet all
// of them, so that a client can ask its user once.
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { FactorKind } from '../policy/factor-kind.ts';
import { type Requirement, StepUpRequire } from '../policy/requirement.ts';
import type { Guard } from './guard.ts';
import { guardedFields } from './operation.ts';

/** What one field of an operation requires. If several types or directives apply to the field, all of them count. */
export interface FieldRequirement {
  /**
   * The response names from the root to the field, without list indexes. A field in a fragment has the path of the
   * fragment's first use.
   */
  readonly path: readonly string[];
  /** Whether the field has `@authenticated`. The other guards also require a signed-in user. */
  readonly authenticated: boolean;
  /** The roles that the user must have, all of them. */
  readonly roles: readonly string[];
  /** The step-ups that the field requires. More than one only if its guards accept no common factor. */
  readonly stepUps: readonly Requirement[];
}

/** What an operation requires. */
export interface StepUpRequirements {
  /** The step-ups that meet every field's requirements. Usually one, or none when no field needs a step-up. */
  readonly stepUps: readonly Requirement[];
  /** The guarded fields, one entry for each path. */
  readonly guardedFields: readonly FieldRequirement[];
}

/**
 * What an operation requires, before it is sent. Where a type is known only at run time, every possible type counts.
 *
 * @param document a document that is valid for the schema.
 * @param variables the variables as the client would send them. Only those of `@skip` and `@include` matter.
 * @param operationName needed when the document has several operations.
 */
export function stepUpRequirements(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables?: Readonly<Record<string, unknown>> | null,
  operationName?: string | null,
): StepUpRequirements {
  const found = guardsByPath({ schema, document, variableValues: variables, operationName });
  return {
    stepUps: strictest(found.flatMap(({ guards }) => demandsOf(guards))),
    guardedFields: found.map(({ path, guards }) => fieldRequirement(path, guards)),
  };
}

/** The guards of each response path. A field of an interface has the guards of every possible type. */
export function guardsByPath(
  run: Parameters<typeof guardedFields>[0],
): { readonly path: readonly string[]; readonly guards: readonly Guard[] }[] {
  const byPath = new Map<string, { readonly path: readonly string[]; readonly guards: Guard[] }>();
  for (const { path, guards } of guardedFields(run)) {
    const before = byPath.get(path.join('.'));
    if (before === undefined) byPath.set(path.join('.'), { path, guards: [...guards] });
    else before.guards.push(...guards.filter((guard) => !before.guards.includes(guard)));
  }
  return [...byPath.values()];
}

export function fieldRequirement(path: readonly string[], guards: readonly Guard[]): FieldRequirement {
  const roles = guards.flatMap((guard) => (guard.directive === 'requiresRole' ? guard.role : []));
  return {
    path,
    authenticated: guards.some((guard) => guard.directive === 'authenticated'),
    roles: [...new Set(roles)],
    stepUps: strictest(demandsOf(guards)),
  };
}

export function demandsOf(guards: readonly Guard[]): Requirement[] {
  return guards.flatMap((guard) => (guard.directive === 'stepUp' ? guard.requirement : []));
}

/**
 * The fewest requirements that together meet all the given ones. Two are merged when they accept a common factor and
 * have the same `bind`.
 *
 * @param held the factors of one user. If given, two requirements are merged only when the user has a common factor, so
 * that no user is asked for a factor that they do not have.
 */
export function strictest(demands: readonly Requirement[], held?: readonly FactorKind[]): Requirement[] {
  const together: Requirement[] = [];
  // Requirements with the fewest factors come first, so that broader ones can be merged into them.
  for (const demand of demands.toSorted((one, other) => one.accept.length - other.accept.length)) {
    const at = together.findIndex((one) => one.bind === demand.bind && common(one, demand, held).length > 0);
    const joined = together[at];
    if (joined === undefined) together.push(demand);
    else together[at] = stricter(joined, demand);
  }
  return together;
}

function stricter(one: Requirement, other: Requirement): Requirement {
  return {
    maxAge: Math.min(one.maxAge, other.maxAge),
    accept: common(one, other),
    require:
      one.require === StepUpRequire.SECOND_FACTOR || other.require === StepUpRequire.SECOND_FACTOR
        ? StepUpRequire.SECOND_FACTOR
        : StepUpRequire.STRONGEST_ENROLLED,
    bind: one.bind,
    describe: null,
    minFactorAge: Math.max(one.minFactorAge, other.minFactorAge),
  };
}

function common(one: Requirement, other: Requirement, held?: readonly FactorKind[]): FactorKind[] {
  return one.accept.filter(
    (kind) => other.accept.includes(kind) && (held === undefined || held.includes(kind)),
  );
}
