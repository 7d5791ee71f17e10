// The guards of a field: the directives on the field itself, on its type, and on the interfaces that declare it. A
// caller must meet all of them.
import type { GraphQLInterfaceType, GraphQLObjectType } from 'graphql';
import {
  type AuthContext,
  type Refusal,
  refuseAnonymous,
  refuseRole,
  refuseStepUp,
} from '../policy/decision.ts';
import type { Requirement } from '../policy/requirement.ts';
import { type Guard, guardsKnownOn, type SchemaElement } from './written-guards.ts';

export type { Guard };

type FieldOwner = GraphQLObjectType | GraphQLInterfaceType;

const cache = new WeakMap<FieldOwner, Map<string, readonly Guard[]>>();

/**
 * Every guard of a field, in the order in which they are checked. Returns the same list each time.
 *
 * @param owner the type or interface that has the field.
 * @throws {RequirementError} when the arguments of a directive are invalid.
 */
export function guardsOf(owner: FieldOwner, fieldName: string): readonly Guard[] {
  let ofOwner = cache.get(owner);
  if (ofOwner === undefined) cache.set(owner, (ofOwner = new Map()));
  let guards = ofOwner.get(fieldName);
  if (guards === undefined)
    ofOwner.set(fieldName, (guards = shared(placedGuards(owner, fieldName).map((one) => one.guard))));
  return guards;
}

const lists = new Map<string, readonly Guard[]>();

/** Fields with the same guards have the same list, so that one decision is enough for all of them. */
function shared(guards: readonly Guard[]): readonly Guard[] {
  const text = JSON.stringify(guards);
  const list = lists.get(text) ?? guards;
  lists.set(text, list);
  return list;
}

/** Call it after adding guards to a type, or to an interface of the type. */
export function forgetGuards(owner: FieldOwner): void {
  cache.delete(owner);
}

/** A guard and its place: a field (`Account.balance`), or a type or interface (`Account`). */
export interface PlacedGuard {
  readonly guard: Guard;
  readonly place: string;
}

/** The guards that `guardsOf` returns, in the same order, each with its place. */
export function placedGuards(
  owner: FieldOwner,
  fieldName: string,
  read: (element: SchemaElement, place: string) => readonly Guard[] = guardsKnownOn,
): PlacedGuard[] {
  const guardsAt = (element: SchemaElement, place: string): PlacedGuard[] =>
    read(element, place).map((guard) => ({ guard, place }));
  const placed = [owner, ...owner.getInterfaces()].flatMap((type) => {
    const field = type.getFields()[fieldName];
    if (field === undefined) return [];
    return [...guardsAt(type, type.name), ...guardsAt(field, `${type.name}.${fieldName}`)];
  });
  return placed.toSorted((one, other) => precedence(one.guard) - precedence(other.guard));
}

/**
 * Roles come before factors, so that no user proves a factor only to lack a role. The strictest `maxAge` comes first.
 */
function precedence(guard: Guard): number {
  switch (guard.directive) {
    case 'authenticated':
      return -2;
    case 'requiresRole':
      return -1;
    case 'stepUp':
      return guard.requirement.maxAge;
  }
}

/**
 * Checks guards in order and returns the first refusal, or for an agent the first that nothing helps against. Returns null when the caller may use the field.
 *
 * @param guards the guards of a field, as `guardsOf` returns them.
 * @param authContext what is known about the caller. Null for an anonymous caller.
 * @param now the current time, in seconds since 1970.
 * @param isApproved whether a proof bound to this operation has been consumed for a requirement. Default: never.
 */
export function refuse(
  guards: readonly Guard[],
  authContext: AuthContext | null,
  now: number,
  isApproved: (demand: Requirement) => boolean = () => false,
): Refusal | null {
  let first: Refusal | null = null;
  for (const guard of guards) {
    const refusal = refuseGuard(guard, authContext, now, isApproved);
    if (refusal === null) continue;
    // An agent would ask its user in vain if another guard always refuses it.
    if (!authContext?.agent || refusal.remedy === null) return refusal;
    first ??= refusal;
  }
  return first;
}

function refuseGuard(
  guard: Guard,
  authContext: AuthContext | null,
  now: number,
  isApproved: (demand: Requirement) => boolean,
): Refusal | null {
  switch (guard.directive) {
    case 'authenticated':
      return refuseAnonymous(authContext);
    case 'requiresRole':
      return refuseRole(authContext, guard.role);
    case 'stepUp':
      return isApproved(guard.requirement) ? null : refuseStepUp(authContext, guard.requirement, now);
  }
}
