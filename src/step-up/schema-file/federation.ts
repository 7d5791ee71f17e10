// Directives that a subgraph imports with `@link` (Apollo Federation 2) are not defined in its schema. They say nothing
// about guards, so they are left out. A guard is never one of them: whatever the schema calls it, it is read by its own
// name.
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

/** @throws {SchemaFileError} for a guard that goes by a name which the schema has not given it. */
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
      if (defined.has(value)) return null; // somebody else's
      const others = [...names].flatMap(([name, one]) =>
        one === value && !name.includes('__') ? `@${name}` : [],
      );
      throw new SchemaFileError(
        `${placeOf(node.loc)}There is no directive @${value}: this schema calls it ${others.join(' or ')}.`,
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

/** Each guard has the first of its definitions, by its own name, which no other directive has. */
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
