// Directives that a subgraph imports with `@link` (Apollo Federation 2) are not defined in its schema. They say nothing
// about guards, so they are left out; a guard is never one of them.
import { type ConstDirectiveNode, type ConstValueNode, type DocumentNode, Kind, visit } from 'graphql';
import { isGuardName } from './guard-definitions.ts';

export function withoutLinked(document: DocumentNode): DocumentNode {
  const defined = new Set(
    document.definitions.flatMap((one) => (one.kind === Kind.DIRECTIVE_DEFINITION ? one.name.value : [])),
  );
  const links = document.definitions.flatMap((one) =>
    one.kind === Kind.SCHEMA_DEFINITION || one.kind === Kind.SCHEMA_EXTENSION
      ? (one.directives ?? []).filter(({ name }) => name.value === 'link')
      : [],
  );
  if (links.length === 0) return document;
  const imported = new Set(['link', ...links.flatMap(importsOf)]);
  return visit(document, {
    Directive({ name: { value } }) {
      const isLinked = imported.has(value) || value.startsWith('federation__');
      return isLinked && !defined.has(value) && !isGuardName(value) ? null : undefined;
    },
  });
}

/** `import: ["@key", { name: "@shareable", as: "@shared" }]` */
function importsOf(link: ConstDirectiveNode): string[] {
  const list = link.arguments?.find((one) => one.name.value === 'import')?.value;
  if (list?.kind !== Kind.LIST) return [];
  return list.values.flatMap((one) => {
    const name = one.kind === Kind.OBJECT ? (fieldOf(one, 'as') ?? fieldOf(one, 'name')) : one;
    return name?.kind === Kind.STRING && name.value.startsWith('@') ? name.value.slice(1) : [];
  });
}

function fieldOf(value: ConstValueNode, name: string): ConstValueNode | undefined {
  return value.kind === Kind.OBJECT ? value.fields.find((one) => one.name.value === name)?.value : undefined;
}
