// The digest of one operation with its arguments, which a bound proof is made for. The server that asks for the proof
// and the server that runs the operation each compute it.
//
// Layout, comments, and the order of arguments, object members and fragments do not change the digest, and neither do
// other operations and unused fragments in the document. Aliases and the order of fields do. The variables that the
// operation declares count as they were sent: an omitted variable differs from null and from its default.
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

/** An operation, as the client sent it. */
export interface BoundOperation {
  /** The parsed document. It may contain other operations. */
  readonly document: DocumentNode;
  /** Needed when the document has several operations. */
  readonly operationName?: string | null | undefined;
  /** The variables as the client sent them, without defaults. */
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

const VERSION = 'stepgate operation 1';

/**
 * The digest of an operation with its arguments: SHA-256 in base64url.
 *
 * @returns null when the document does not contain the operation.
 */
export function operationDigest(operation: BoundOperation): string | null {
  const text = operationText(operation);
  return text === null ? null : createHash('sha256').update(text).digest('base64url');
}

/**
 * The text that `operationDigest` is the digest of: JSON of a version, the definitions, and the JSON of the variables. It
 * contains the arguments.
 */
export function operationText({ document, operationName, variables }: BoundOperation): string | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const text = [operation, ...fragmentsOf(operation, document)].map(normalised);
  const declared = (operation.variableDefinitions ?? []).map((one) => one.variable.name.value);
  const given = declared.filter((name) => variables != null && Object.hasOwn(variables, name));
  const values = Object.fromEntries(given.map((name) => [name, variables?.[name]]));
  return JSON.stringify([VERSION, text, canonicalJson(values)]);
}

/** The fragments that a definition spreads, directly or through other fragments, sorted by name. */
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
    // A block string can have the same value as a quoted string.
    StringValue: { leave: (node) => ({ ...node, block: false }) },
  });
  // Major versions of graphql print different layouts. Without layout they agree.
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

/** Compares code units, which does not depend on the locale. The names that are sorted are never equal. */
function compare(one: string, other: string): number {
  return one < other ? -1 : 1;
}
