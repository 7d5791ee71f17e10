// The guards of a field: the directives on the field itself, on its type, and on the interfaces that declare it.
// They are read from `extensions.directives`, where a code-first and an SDL-first schema alike can put them.
import type { GraphQLInterfaceType, GraphQLObjectType } from 'graphql';
import {
  type Refusal,
  refuseAnonymous,
  refuseRole,
  refuseStepUp,
  type Standing,
} from '../policy/decision.ts';
import {
  type Requirement,
  RequirementError,
  type RequirementOptions,
  requirement,
} from '../policy/requirement.ts';

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

interface Annotated {
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

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

/** A guard, and what it is written on: a field (`Account.balance`), or a type or an interface (`Account`). */
export interface PlacedGuard {
  readonly guard: Guard;
  readonly place: string;
}

/** The guards that `guardsOf` answers, in the same order, each with its place. */
export function placedGuards(owner: FieldOwner, fieldName: string): PlacedGuard[] {
  const placed = [owner, ...owner.getInterfaces()].flatMap((type) => {
    const field = type.getFields()[fieldName];
    if (field === undefined) return [];
    return [...guardsAt(type, type.name), ...guardsAt(field, `${type.name}.${fieldName}`)];
  });
  return placed.toSorted((one, other) => precedence(one.guard) - precedence(other.guard));
}

function guardsAt(element: Annotated, place: string): PlacedGuard[] {
  return guardsIn(element, place).map((guard) => ({ guard, place }));
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

function guardsIn(element: Annotated, where: string): Guard[] {
  return directivesIn(element.extensions?.['directives']).flatMap(([name, args]): Guard[] => {
    switch (name) {
      case 'authenticated':
        return [{ directive: name }];
      case 'requiresRole':
        return [{ directive: name, role: (args as { readonly role: string }).role }];
      case 'stepUp':
        return [{ directive: name, requirement: requirementAt(where, args as RequirementOptions) }];
      default:
        return [];
    }
  });
}

/** Some libraries keep a list of `{ name, args }` there, or a list of args. No guard is overlooked for that. */
function directivesIn(directives: unknown): [name: string, args: unknown][] {
  if (Array.isArray(directives)) {
    return directives.map((one: { name: string; args?: object }) => [one.name, one.args ?? {}]);
  }
  return Object.entries(directives ?? {}).flatMap(([name, args]) =>
    (Array.isArray(args) ? args : [args])
      .filter((one) => one !== undefined)
      .map((one): [string, unknown] => [name, one]),
  );
}

/** The guards among the directives of an element, their defaults filled in. @throws {RequirementError} */
export function normalised(where: string, directives: Readonly<Record<string, unknown>>): GuardDirectives {
  return Object.assign(
    {},
    ...guardsIn({ extensions: { directives } }, where).map((guard): GuardDirectives => {
      switch (guard.directive) {
        case 'authenticated':
          return { authenticated: {} };
        case 'requiresRole':
          return { requiresRole: { role: guard.role } };
        case 'stepUp':
          return { stepUp: guard.requirement };
      }
    }),
  ) as GuardDirectives;
}

/** Adds guards to the directives in an element's `extensions`, in whichever way they are kept there; takes none away. */
export function annotated<Config extends Annotated>(config: Config, guards: GuardDirectives): Config {
  const kept: unknown = config.extensions?.['directives'];
  const others = Array.isArray(kept)
    ? (kept as unknown[])
    : { ...(kept as Readonly<Record<string, unknown>>) };
  const added = Object.entries(guards);
  if (added.length === 0) return config;
  const directives = Array.isArray(others)
    ? added.reduce<unknown[]>((list, [name, args]) => withOne(list, { name, args }), others)
    : { ...others, ...Object.fromEntries(added.map(([name, args]) => [name, together(others[name], args)])) };
  return { ...config, extensions: { ...config.extensions, directives } };
}

function together(before: unknown, args: unknown): unknown {
  if (before === undefined) return args;
  const all = withOne(Array.isArray(before) ? before : [before], args);
  return all.length === 1 ? all[0] : all;
}

function withOne(list: readonly unknown[], one: unknown): unknown[] {
  const text = JSON.stringify(one);
  return list.some((other) => JSON.stringify(other) === text) ? [...list] : [...list, one];
}

const ARGUMENTS = ['maxAge', 'accept', 'require', 'bind', 'describe'];

function requirementAt(where: string, options: RequirementOptions): Requirement {
  try {
    const unknown = Object.keys(options).filter((key) => !ARGUMENTS.includes(key));
    if (unknown.length > 0) throw new RequirementError(`there is no argument ${unknown.join(', ')}.`);
    return requirement(options);
  } catch (error) {
    if (!(error instanceof RequirementError)) throw error;
    throw new RequirementError(`@stepUp on ${where}: ${error.message}`);
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
