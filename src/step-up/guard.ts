// The guards of a field: the directives on the field itself, on its type, and on the interfaces that declare it.
// They are read from `extensions.directives`, where a code-first and an SDL-first schema alike can put them.
import { type GraphQLField, type GraphQLInterfaceType, type GraphQLObjectType, isObjectType } from 'graphql';
import {
  type Refusal,
  refuseAnonymous,
  refuseRole,
  refuseStepUp,
  type Standing,
} from '../policy/decision.ts';
import { type Requirement, type RequirementOptions, requirement } from '../policy/requirement.ts';

export type Guard =
  | { readonly directive: 'authenticated' }
  | { readonly directive: 'requiresRole'; readonly role: string }
  | { readonly directive: 'stepUp'; readonly requirement: Requirement };

/** The directives as they stand in `extensions.directives` of a field or a type. */
export interface GuardDirectives {
  readonly authenticated?: object | undefined;
  readonly requiresRole?: { readonly role: string } | undefined;
  readonly stepUp?: RequirementOptions | undefined;
}

type FieldOwner = GraphQLObjectType | GraphQLInterfaceType;

const cache = new WeakMap<FieldOwner, Map<string, readonly Guard[]>>();

/** Every guard that stands before a field of a type. */
export function guardsOf(owner: FieldOwner, fieldName: string): readonly Guard[] {
  let ofOwner = cache.get(owner);
  if (ofOwner === undefined) cache.set(owner, (ofOwner = new Map()));
  let guards = ofOwner.get(fieldName);
  if (guards === undefined) ofOwner.set(fieldName, (guards = findGuards(owner, fieldName)));
  return guards;
}

function findGuards(owner: FieldOwner, fieldName: string): Guard[] {
  const declaring = [owner, ...owner.getInterfaces()].filter((type) => fieldName in type.getFields());
  return declaring.flatMap((type) => {
    const field: GraphQLField<unknown, unknown> | undefined = type.getFields()[fieldName];
    return [...guardsIn(type), ...(field === undefined ? [] : guardsIn(field))];
  });
}

function guardsIn(element: { readonly extensions: { readonly directives?: unknown } }): Guard[] {
  const { authenticated, requiresRole, stepUp } = (element.extensions.directives ?? {}) as GuardDirectives;
  const guards: Guard[] = [];
  if (authenticated !== undefined) guards.push({ directive: 'authenticated' });
  if (requiresRole !== undefined) guards.push({ directive: 'requiresRole', role: requiresRole.role });
  if (stepUp !== undefined) guards.push({ directive: 'stepUp', requirement: requirement(stepUp) });
  return guards;
}

/** The first refusal among the guards; null when the caller may pass. @param now seconds since 1970. */
export function refuse(guards: readonly Guard[], standing: Standing | null, now: number): Refusal | null {
  for (const guard of guards) {
    const refusal = refuseGuard(guard, standing, now);
    if (refusal !== null) return refusal;
  }
  return null;
}

function refuseGuard(guard: Guard, standing: Standing | null, now: number): Refusal | null {
  switch (guard.directive) {
    case 'authenticated':
      return refuseAnonymous(standing);
    case 'requiresRole':
      return refuseRole(standing, guard.role);
    case 'stepUp':
      return refuseStepUp(standing, guard.requirement, now);
  }
}

/** A field of a schema, with the type that owns it. */
export function isGuarded(owner: unknown, fieldName: string): boolean {
  return isObjectType(owner) && guardsOf(owner, fieldName).length > 0;
}
