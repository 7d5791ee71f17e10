// Reads the guards of a type or a field, from SDL and from `extensions.directives`, where libraries that build schemas
// in code store directives in several forms. Each guard counts once, and a guard that cannot be read is an error. The
// result is stored in `extensions.stepgate`, which copies of the schema keep.
import { type ConstDirectiveNode, valueFromASTUntyped } from 'graphql';
import {
  type Requirement,
  RequirementError,
  type RequirementOptions,
  requirement,
} from '../policy/requirement.ts';
import { type GuardNames, OWN_NAMES } from './guard-names.ts';

/** One directive on a field, a type or an interface, with its arguments. */
export type Guard =
  | { readonly directive: 'authenticated' }
  | { readonly directive: 'requiresRole'; readonly role: string }
  | { readonly directive: 'stepUp'; readonly requirement: Requirement };

/** A type or a field of a schema, or its configuration. */
export interface SchemaElement {
  readonly astNode?: Directed | null | undefined;
  readonly extensionASTNodes?: readonly Directed[] | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

interface Directed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

/**
 * The guards of a type or field in `extensions.directives`, for a schema that is built in code. A list repeats a
 * directive: a caller must meet every entry.
 */
export interface GuardDirectives {
  /** `@authenticated`: the caller must be signed in. */
  readonly authenticated?: object | true | undefined;
  /** `@requiresRole`: the user must have the role. */
  readonly requiresRole?: OneOrMore<string | { readonly role: string }> | undefined;
  /** `@stepUp`: the session must hold a recent second factor. `true` takes every default. */
  readonly stepUp?: OneOrMore<RequirementOptions | true> | undefined;
}

type OneOrMore<T> = T | readonly T[];

interface Written {
  /** The name of the directive. */
  readonly name: string;
  readonly args: unknown;
}

const KEPT = 'stepgate';

/** @throws {RequirementError} when the arguments of a guard are invalid, or when no user could ever meet it. */
export function guardsWrittenOn(element: SchemaElement, where: string, names: GuardNames): Guard[] {
  const found = [...writtenInExtensions(element), ...writtenInSdl(element)].flatMap(({ name, args }) => {
    const guard = names.get(name);
    return guard === undefined ? [] : guardsFrom(guard, args, where);
  });
  return distinct([...(keptOn(element) ?? []), ...found]);
}

/** The stored guards of an element. If the schema has not been read yet, the guards in its extensions. */
export function guardsKnownOn(element: SchemaElement, where: string): readonly Guard[] {
  const { extensions } = element;
  return keptOn(element) ?? guardsWrittenOn({ extensions }, where, OWN_NAMES);
}

/** The extensions of an element, with its guards stored in them. */
export function withKept(element: SchemaElement, guards: readonly Guard[]): Record<string, unknown> {
  return { ...element.extensions, [KEPT]: guards };
}

/** The guards of an element in SDL, by their names in the schema, with their defaults. */
export function guardsWrittenInSdl(element: SchemaElement, where: string, names: GuardNames): Written[] {
  return writtenInSdl(element).flatMap(({ name, args }) => {
    const guard = names.get(name);
    return guard === undefined
      ? []
      : guardsFrom(guard, args, where).map((one) => ({ name, args: argumentsOf(one) }));
  });
}

function argumentsOf(guard: Guard): object {
  switch (guard.directive) {
    case 'authenticated':
      return {};
    case 'requiresRole':
      return { role: guard.role };
    case 'stepUp':
      return guard.requirement;
  }
}

function keptOn({ extensions }: SchemaElement): readonly Guard[] | undefined {
  return extensions?.[KEPT] as readonly Guard[] | undefined;
}

function writtenInSdl({ astNode, extensionASTNodes }: SchemaElement): Written[] {
  return [astNode, ...(extensionASTNodes ?? [])]
    .flatMap((node) => node?.directives ?? [])
    .map(({ name, arguments: given = [] }) => ({
      name: name.value,
      // The name of an enum value, not its internal value in the server.
      args: Object.fromEntries(given.map((one) => [one.name.value, valueFromASTUntyped(one.value)])),
    }));
}

/** A list of `{ name, args }`, or an object of args by name. A repeated directive has a list of args. */
function writtenInExtensions({ extensions }: SchemaElement): Written[] {
  const directives = extensions?.['directives'];
  const written = Array.isArray(directives)
    ? directives.map((one: { name: string; args?: unknown }) => [one.name, one.args ?? {}] as const)
    : Object.entries(directives ?? {}).filter(([, args]) => args !== undefined);
  return written.flatMap(([name, args]) => [args].flat().map((one: unknown) => ({ name, args: one })));
}

function guardsFrom(guard: Guard['directive'], args: unknown, where: string): Guard[] {
  try {
    switch (guard) {
      case 'authenticated':
        argumentsFrom(args);
        return [{ directive: guard }];
      case 'requiresRole':
        return rolesFrom(args).map((role) => ({ directive: guard, role }));
      case 'stepUp':
        return [{ directive: guard, requirement: requirementFrom(argumentsFrom(args)) }];
    }
  } catch (error) {
    if (!(error instanceof RequirementError)) throw error;
    throw new RequirementError(`@${guard} on ${where}: ${error.message}`);
  }
}

/** `true` means no arguments. */
function argumentsFrom(args: unknown): object {
  if (args === true || args === null) return {};
  if (typeof args !== 'object') {
    throw new RequirementError(`the arguments must be an object, not ${JSON.stringify(args)}.`);
  }
  return args;
}

/** A single role may be a string. If there are several, the user must have all of them. */
function rolesFrom(args: unknown): string[] {
  const { role } = typeof args === 'string' ? { role: args } : (argumentsFrom(args) as { role?: unknown });
  const roles = [role].flat();
  if (roles.length > 0 && roles.every((one) => typeof one === 'string' && one !== ''))
    return roles as string[];
  throw new RequirementError('set `role` to the name of a role.');
}

const ARGUMENTS = ['maxAge', 'accept', 'require', 'bind', 'describe', 'minFactorAge'];

function requirementFrom(options: RequirementOptions): ReturnType<typeof requirement> {
  const unknown = Object.keys(options).filter((key) => !ARGUMENTS.includes(key));
  if (unknown.length > 0) throw new RequirementError(`unknown argument ${unknown.join(', ')}.`);
  return requirement(options);
}

/**
 * Adds directives to the extensions of an element, in the form that is used there, and removes none. If a directive is
 * repeated, the result is a list, which every library understands.
 */
export function annotated<Config extends SchemaElement>(config: Config, added: readonly Written[]): Config {
  if (added.length === 0) return config;
  const kept: unknown = config.extensions?.['directives'];
  const all = added.reduce<unknown[]>(
    (list, { name, args }) => withOne(list, { name, args }),
    writtenInExtensions(config),
  ) as Written[];
  const isRepeated = new Set(all.map(({ name }) => name)).size < all.length;
  const directives =
    Array.isArray(kept) || isRepeated ? all : Object.fromEntries(all.map(({ name, args }) => [name, args]));
  return { ...config, extensions: { ...config.extensions, directives } };
}

function withOne(list: readonly unknown[], one: unknown): unknown[] {
  const text = JSON.stringify(one);
  return list.some((other) => JSON.stringify(other) === text) ? [...list] : [...list, one];
}

function distinct(guards: readonly Guard[]): Guard[] {
  return [...new Map(guards.map((guard) => [JSON.stringify(guard), guard])).values()];
}
