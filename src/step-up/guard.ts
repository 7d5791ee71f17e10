// The guards of a field: the directives on the field itself, on its type, and on the interfaces that declare it. All of
// them must let pass.
import type { GraphQLInterfaceType, GraphQLObjectType } from 'graphql';
import {
  type Refusal,
  refuseAnonymous,
  refuseRole,
  refuseStepUp,
  type Standing,
} from '../policy/decision.ts';
import type { Requirement } from '../policy/requirement.ts';
import { guardsKnownOn, type SchemaElement } from './written-guards.ts';

export type Guard =
  | { readonly directive: 'authenticated' }
  | { readonly directive: 'requiresRole'; readonly role: string }
  | { readonly directive: 'stepUp'; readonly requirement: Requirement };

type FieldOwner = GraphQLObjectType | GraphQLInterfaceType;

const cache = new WeakMap<FieldOwner, Map<string, readonly Guard[]>>();

/** Every guard that stands before a field of a type; the same list each time. */
export function guardsOf(owner: FieldOwner, fieldName: string): readonly Guard[] {
  let ofOwner = cache.get(owner);
  if (ofOwner === undefined) cache.set(owner, (ofOwner = new Map()));
  let guards = ofOwner.get(fieldName);
  if (guards === undefined)
    ofOwner.set(fieldName, (guards = placedGuards(owner, fieldName).map((one) => one.guard)));
  return guards;
}

/** To be called when guards were written on a type, or on an interface of it. */
export function forgetGuards(owner: FieldOwner): void {
  cache.delete(owner);
}

/** A guard, and what it is written on: a field (`Account.balance`), or a type or an interface (`Account`). */
export interface PlacedGuard {
  readonly guard: Guard;
  readonly place: string;
}

/** The guards that `guardsOf` answers, in the same order, each with its place. */
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

/** Nobody is sent to prove a factor who would then lack a role; and the freshest proof is asked for first. */
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
 * The first refusal among the guards; null when the caller may pass.
 * @param now seconds since 1970.
 * @param isApproved whether a proof that was bound to this operation has been used up for a requirement.
 */
export function refuse(
  guards: readonly Guard[],
  standing: Standing | null,
  now: number,
  isApproved: (demand: Requirement) => boolean = () => false,
): Refusal | null {
  for (const guard of guards) {
    const refusal = refuseGuard(guard, standing, now, isApproved);
    if (refusal !== null) return refusal;
  }
  return null;
}

function refuseGuard(
  guard: Guard,
  standing: Standing | null,
  now: number,
  isApproved: (demand: Requirement) => boolean,
): Refusal | null {
  switch (guard.directive) {
    case 'authenticated':
      return refuseAnonymous(standing);
    case 'requiresRole':
      return refuseRole(standing, guard.role);
    case 'stepUp':
      return isApproved(guard.requirement) ? null : refuseStepUp(standing, guard.requirement, now);
  }
}
