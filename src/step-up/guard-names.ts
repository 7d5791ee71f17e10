// The names of the guards in one schema. A schema can rename them with `@link` (Apollo Federation 2) or by defining
// them with a prefix. A directive of another library with one of these names is not a guard.
import {
  type ConstDirectiveNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  valueFromASTUntyped,
} from 'graphql';

const GUARDS = ['stepUp', 'authenticated', 'requiresRole'] as const;
export type GuardName = (typeof GUARDS)[number];

/** Maps the names of directives to guards. */
export type GuardNames = ReadonlyMap<string, GuardName>;

/** The names in a schema that does not rename them. */
export const OWN_NAMES: GuardNames = new Map(GUARDS.map((guard) => [guard, guard]));

interface Definition {
  readonly name: string;
  readonly args: readonly string[];
}

/** The arguments of `@link`. */
interface Link {
  readonly url?: unknown;
  readonly as?: unknown;
  readonly import?: unknown;
}

export function namesInSchema(schema: GraphQLSchema): GuardNames {
  const { astNode, extensionASTNodes, extensions } = schema;
  const written = [astNode, ...extensionASTNodes].flatMap((node) => node?.directives ?? []);
  const definitions = schema.getDirectives().map(({ name, args }) => ({
    name,
    args: args.map((one) => one.name),
  }));
  return guardNames([...written.flatMap(linkOf), ...linksIn(extensions['directives'])], definitions);
}

export function namesInDocument({ definitions }: DocumentNode): GuardNames {
  const links = definitions.flatMap((one) =>
    one.kind === Kind.SCHEMA_DEFINITION || one.kind === Kind.SCHEMA_EXTENSION
      ? (one.directives ?? []).flatMap(linkOf)
      : [],
  );
  const directives = definitions.filter(
    (one): one is DirectiveDefinitionNode => one.kind === Kind.DIRECTIVE_DEFINITION,
  );
  return guardNames(
    links,
    directives.map((one) => ({
      name: one.name.value,
      args: (one.arguments ?? []).map((argument) => argument.name.value),
    })),
  );
}

/**
 * Every possible name of a guard counts. Its own name belongs to another directive only if the schema renames the
 * guard: by definitions with a prefix, or next to an import of Apollo's directive of that name.
 */
function guardNames(links: readonly Link[], definitions: readonly Definition[]): GuardNames {
  const stepUps = definitions.filter(isStepUp).map(({ name }) => name);
  const prefixes = stepUps
    .filter((name) => name.endsWith('stepUp'))
    .map((name) => name.slice(0, -'stepUp'.length));
  const isPrefixed = prefixes.length > 0 && !prefixes.includes('');
  const apollos = new Set(
    links.filter(isApollos).flatMap((link) => importsOf(link).map((imported) => imported.as)),
  );
  const others = links.filter((link) => !isApollos(link));
  return new Map(
    GUARDS.flatMap((guard) => {
      const imported = others.flatMap((link) => importedAs(link, guard));
      const isApolloBeside = apollos.has(guard) && imported.length > 0;
      const names = [
        ...(isPrefixed || isApolloBeside ? [] : [guard]),
        ...imported,
        ...others.map((link) => `${namespaceOf(link)}__${guard}`),
        ...prefixes.flatMap((prefix) => (prefix === '' ? [] : `${prefix}${guard}`)),
        ...(guard === 'stepUp' ? stepUps : []),
      ];
      return names.map((name): [string, GuardName] => [name, guard]);
    }),
  );
}

/** Recognised by its arguments, whatever its name: no other directive has these. */
function isStepUp({ args }: Definition): boolean {
  return ['maxAge', 'accept', 'require'].every((name) => args.includes(name));
}

/** Apollo has its own `@authenticated`, which its router enforces. */
function isApollos({ url }: Link): boolean {
  return typeof url === 'string' && url.startsWith('https://specs.apollo.dev/');
}

function importedAs(link: Link, guard: GuardName): string[] {
  const isOurs = typeof link.url === 'string' && link.url.startsWith('https://stepgate.dev/step-up/');
  return importsOf(link).flatMap(({ name, as }) =>
    name === guard || (isOurs && name.endsWith(guard)) ? as : [],
  );
}

/** Reads `import: ["@key", { name: "@shareable", as: "@shared" }]`. Returns names without their `@`. */
export function importsOf({ import: imports }: Link): { readonly name: string; readonly as: string }[] {
  return [imports].flat().flatMap((one) => {
    const { name, as = name } =
      typeof one === 'object' && one !== null ? (one as Record<string, unknown>) : { name: one };
    if (typeof name !== 'string' || typeof as !== 'string') return [];
    return name.startsWith('@') && as.startsWith('@') ? [{ name: name.slice(1), as: as.slice(1) }] : [];
  });
}

/** `federation` for `https://specs.apollo.dev/federation/v2.3`, unless `as` renames it. */
export function namespaceOf({ url, as }: Link): string | null {
  if (typeof as === 'string') return as;
  const parts = typeof url === 'string' ? url.replace(/\/+$/, '').split('/') : [];
  const last = parts.at(-1) ?? '';
  return (/^v\d+(\.\d+)?$/.test(last) ? parts.at(-2) : last) ?? null;
}

/** A list with the link, if the directive is a link. */
export function linkOf(directive: ConstDirectiveNode): Link[] {
  if (directive.name.value !== 'link') return [];
  const { arguments: given = [] } = directive;
  return [Object.fromEntries(given.map((one) => [one.name.value, valueFromASTUntyped(one.value)]))];
}

/** The links of a schema that is built in code. */
function linksIn(directives: unknown): Link[] {
  if (typeof directives !== 'object' || directives === null) return [];
  if (Array.isArray(directives)) {
    return (directives as { readonly name: string; readonly args?: Link }[]).flatMap((one) =>
      one.name === 'link' ? (one.args ?? []) : [],
    );
  }
  return [(directives as { readonly link?: Link | readonly Link[] }).link ?? []].flat();
}
