// Prepares the schema of a subgraph (Apollo Federation 2). Directives that it imports with `@link` are not defined in
// the file, so they are removed, unless they are guards. Guards that the schema renames get their own names back.
import {
  type DirectiveDefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type NameNode,
  visit,
} from 'graphql';
import { type GuardNames, importsOf, linkOf, namesInDocument } from '../guard-names.ts';
import { placeOf, SchemaFileError } from './error.ts';
import { isGuardName } from './guard-definitions.ts';

/** @throws {SchemaFileError} for a guard under its own name in a schema that renames it. */
export function withGuardsByName(document: DocumentNode): DocumentNode {
  const names = namesInDocument(document);
  const imported = importedIn(document);
  const defined = new Set(definitionsIn(document).map((one) => one.name.value));
  return visit(withOneDefinition(document, names), {
    Directive(node) {
      const { value } = node.name;
      const guard = names.get(value);
      if (guard !== undefined) return renamed(node, guard);
      const isLinked = imported.has(value) || value.startsWith('federation__');
      if (isLinked && !defined.has(value)) return null;
      if (!isGuardName(value)) return undefined;
      if (defined.has(value)) return null; // another directive with the same name
      const others = [...names].flatMap(([name, one]) =>
        one === value && !name.includes('__') ? `@${name}` : [],
      );
      throw new SchemaFileError(
        `${placeOf(node.loc)}Unknown directive @${value}. This schema calls it ${others.join(' or ')}.`,
      );
    },
  });
}

function importedIn({ definitions }: DocumentNode): Set<string> {
  const links = definitions.flatMap((one) =>
    one.kind === Kind.SCHEMA_DEFINITION || one.kind === Kind.SCHEMA_EXTENSION
      ? (one.directives ?? []).flatMap(linkOf)
      : [],
  );
  if (links.length === 0) return new Set();
  return new Set(['link', ...links.flatMap((link) => importsOf(link).map(({ as }) => as))]);
}

function definitionsIn({ definitions }: DocumentNode): DirectiveDefinitionNode[] {
  return definitions.filter((one) => one.kind === Kind.DIRECTIVE_DEFINITION);
}

/** Keeps the first definition of each guard, under its own name, and removes other directives of that name. */
function withOneDefinition(document: DocumentNode, names: GuardNames): DocumentNode {
  const seen = new Set<string>();
  const definitions = document.definitions.flatMap((one) => {
    if (one.kind !== Kind.DIRECTIVE_DEFINITION) return one;
    const guard = names.get(one.name.value);
    if (guard === undefined) return isGuardName(one.name.value) ? [] : one;
    if (seen.has(guard)) return [];
    seen.add(guard);
    return renamed(one, guard);
  });
  return { ...document, definitions };
}

function renamed<Node extends DirectiveNode | DirectiveDefinitionNode>(node: Node, value: string): Node {
  const name: NameNode = { ...node.name, value };
  return { ...node, name };
}
