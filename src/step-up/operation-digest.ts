// The digest of one operation with its arguments: what a bound proof is good for. Both sides make it by themselves,
// the server that asks for the proof and the one that runs the operation.
//
// Two requests have one digest when they ask for the same in the same words: layout, comments, the order of arguments,
// of members of an object and of fragments do not count, nor do other operations and fragments in the document.
// Aliases and the order of fields do. Of the variables those count that the operation declares, as they were sent:
// leaving one out is not the same as null, nor as its default.
import { createHash } from 'node:crypto';
import {
  type ArgumentNode,
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql';

export interface BoundOperation {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  /** As the client sent them. */
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

const VERSION = 'stepgate operation 1';

/** SHA-256 in base64url; null when the document has no such operation. */
export function operationDigest({ document, operationName, variables }: BoundOperation): string | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const text = [operation, ...fragmentsOf(operation, document)].map(normalised);
  const declared = (operation.variableDefinitions ?? []).map((one) => one.variable.name.value);
  const given = declared.filter((name) => variables != null && Object.hasOwn(variables, name));
  const values = Object.fromEntries(given.map((name) => [name, variables?.[name]]));
  const message = JSON.stringify([VERSION, text, canonicalJson(values)]);
  return createHash('sha256').update(message).digest('base64url');
}

/** The fragments that a definition spreads, and those that these spread, by name. */
function fragmentsOf(root: ASTNode, document: DocumentNode): FragmentDefinitionNode[] {
  const found = new Map<string, FragmentDefinitionNode>();
  const follow = (node: ASTNode): void => {
    visit(node, {
      FragmentSpread({ name: { value: name } }) {
        const fragment = document.definitions.find(
          (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name,
        );
        if (fragment?.kind !== Kind.FRAGMENT_DEFINITION || found.has(name)) return;
        found.set(name, fragment);
        follow(fragment);
      },
    });
  };
  follow(root);
  return [...found.values()].toSorted((one, other) => compare(one.name.value, other.name.value));
}

function normalised(definition: ASTNode): string {
  const byName = (one: Named, other: Named): number => compare(one.name.value, other.name.value);
  const sorted = visit(definition, {
    OperationDefinition: {
      leave: (node) => ({
        ...node,
        variableDefinitions: node.variableDefinitions?.toSorted((one, other) =>
          byName(one.variable, other.variable),
        ),
      }),
    },
    Field: { leave: (node) => ({ ...node, arguments: node.arguments?.toSorted(byName) }) },
    Directive: { leave: (node) => ({ ...node, arguments: node.arguments?.toSorted(byName) }) },
    ObjectValue: { leave: (node) => ({ ...node, fields: node.fields.toSorted(byName) }) },
    // A block string is another way to write the same value.
    StringValue: { leave: (node) => ({ ...node, block: false }) },
  });
  // Major versions of graphql lay text out in different ways: without layout they agree.
  return stripIgnoredCharacters(print(sorted));
}

type Named = Pick<ArgumentNode, 'name'>;

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => compare(one, other)))
      : inner,
  );
}

/** By code units, the same everywhere. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
