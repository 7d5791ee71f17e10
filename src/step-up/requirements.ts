// What an operation will be asked for, told beforehand: which guards stand before which of its fields, and the fewest
// step-ups that meet all of them, so that a client asks its user once and for the strictest.
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { FactorKind } from '../policy/factor-kind.ts';
import { type Requirement, StepUpRequire } from '../policy/requirement.ts';
import type { Guard } from './guard.ts';
import { guardedFields } from './operation.ts';

/** What stands before one field of the operation. Where types or directives meet on it, all of them count. */
export interface FieldRequirement {
  /** Response names from the root, without the places in lists. What is in a fragment is named where that is spread first. */
  readonly path: readonly string[];
  /** Whether `@authenticated` is among its guards; the others ask for a signed-in user as well. */
  readonly authenticated: boolean;
  readonly roles: readonly string[];
  /** One, unless its guards accept no factor in common. */
  readonly stepUps: readonly Requirement[];
}

export interface StepUpRequirements {
  /** What to step up with so that every field lets pass. Mostly one; none when no field demands any. */
  readonly stepUps: readonly Requirement[];
  readonly guardedFields: readonly FieldRequirement[];
}

/**
 * The document is taken to be valid, and variables as the client would send them: only those of `@skip` and
 * `@include` matter. Where a type is known only at run time, every type that it could be counts.
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

/** The guards of each response path: a field of an interface has those of every type that it could belong to. */
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
 * As few requirements as will do: whoever meets all of them meets every one that was given. Two become one where they
 * accept a factor in common; but a proof that is bound to an operation is good for nothing else.
 *
 * @param held the factors of a certain user: then the common factor must be one of theirs, or they would be asked for
 * what they do not have although they could prove two others.
 */
export function strictest(demands: readonly Requirement[], held?: readonly FactorKind[]): Requirement[] {
  const together: Requirement[] = [];
  // Those with the least choice first: whatever accepts more can join them.
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
  };
}

function common(one: Requirement, other: Requirement, held?: readonly FactorKind[]): FactorKind[] {
  return one.accept.filter(
    (kind) => other.accept.includes(kind) && (held === undefined || held.includes(kind)),
  );
}
