// The guards that are written on a type or a field: in SDL, and in `extensions.directives`, where libraries that make
// schemas by code keep them in several forms. All of them count, once each, and what cannot be read is an error. What
// was read is kept in `extensions.stepgate`, which a copy of the schema takes along.
import { type ConstDirectiveNode, valueFromASTUntyped } from 'graphql';
import { RequirementError, type RequirementOptions, requirement } from '../policy/requirement.ts';
import type { Guard } from './guard.ts';
import { type GuardNames, OWN_NAMES } from './guard-names.ts';

/** A type or a field of a schema, or the configuration of one. */
export interface SchemaElement {
  readonly astNode?: Directed | null | undefined;
  readonly extensionASTNodes?: readonly Directed[] | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

interface Directed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

/** How a schema that is made by code writes its guards in `extensions.directives`. A list stands for several. */
export interface GuardDirectives {
  readonly authenticated?: object | true | undefined;
  readonly requiresRole?: OneOrMore<string | { readonly role: string }> | undefined;
  readonly stepUp?: OneOrMore<RequirementOptions | true> | undefined;
}

type OneOrMore<T> = T | readonly T[];

interface Written {
  /** Of the directive. */
  readonly name: string;
  readonly args: unknown;
}

const KEPT = 'stepgate';

/** @throws {RequirementError} for a guard that makes no sense, or that nobody could ever pass. */
export function guardsWrittenOn(element: SchemaElement, where: string, names: GuardNames): Guard[] {
  const found = [...writtenInExtensions(element), ...writtenInSdl(element)].flatMap(({ name, args }) => {
    const guard = names.get(name);
    return guard === undefined ? [] : guardsFrom(guard, args, where);
  });
  return distinct([...(keptOn(element) ?? []), ...found]);
}

/** What was read from an element, or what its extensions say in a schema that nobody has read yet. */
export function guardsKnownOn(element: SchemaElement, where: string): readonly Guard[] {
  const { extensions } = element;
  return keptOn(element) ?? guardsWrittenOn({ extensions }, where, OWN_NAMES);
}

/** The extensions of an element, with the guards that were read. */
export function withKept(element: SchemaElement, guards: readonly Guard[]): Record<string, unknown> {
  return { ...element.extensions, [KEPT]: guards };
}

/** The directives of an element that are guards, by their names in the schema, with their defaults. */
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
      // An enum's value by its name, whatever it stands for inside the server.
      args: Object.fromEntries(given.map((one) => [one.name.value, valueFromASTUntyped(one.value)])),
    }));
}

/** A list of `{ name, args }`, or an object of args by name; and a list of args for a directive that is repeated. */
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

/** `true` stands for none. */
function argumentsFrom(args: unknown): object {
  if (args === true || args === null) return {};
  if (typeof args !== 'object') {
    throw new RequirementError(`its arguments are an object, not ${JSON.stringify(args)}.`);
  }
  return args;
}

/** One role may be written as text. Of several, the user must have each. */
function rolesFrom(args: unknown): string[] {
  const { role } = typeof args === 'string' ? { role: args } : (argumentsFrom(args) as { role?: unknown });
  const roles = [role].flat();
  if (roles.length > 0 && roles.every((one) => typeof one === 'string' && one !== ''))
    return roles as string[];
  throw new RequirementError('it needs a role: the name of one.');
}

const ARGUMENTS = ['maxAge', 'accept', 'require', 'bind', 'describe'];

function requirementFrom(options: RequirementOptions): ReturnType<typeof requirement> {
  const unknown = Object.keys(options).filter((key) => !ARGUMENTS.includes(key));
  if (unknown.length > 0) throw new RequirementError(`there is no argument ${unknown.join(', ')}.`);
  return requirement(options);
}

/**
 * Adds directives to the extensions of an element, in whichever form they are kept there; takes none away. A directive
 * that is repeated takes the form of a list, which every library understands.
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
