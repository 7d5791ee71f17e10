// Operations as the client sees them. Whether one can be repeated depends on whether it can change anything.

/** The type of an operation. */
export type OperationKind = 'query' | 'mutation' | 'subscription';

/** An operation that may be refused and repeated. */
export interface Operation {
  readonly kind: OperationKind;
  /** The text of the operation. Read only to bind a proof to the operation, or to find out which fields have run. */
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  /** Whether it has exactly one root field. Unknown counts as false. */
  readonly hasOneField?: boolean;
}

/** The relevant parts of a document parsed by `graphql`. */
interface ParsedDocument {
  readonly definitions: readonly {
    readonly kind: string;
    readonly name?: { readonly value: string } | undefined;
    readonly selectionSet?: { readonly selections: readonly { readonly kind: string }[] };
  }[];
}

/** Whether the operation of a parsed document has exactly one root field. */
export function hasOneField({ definitions }: ParsedDocument, operationName?: string): boolean {
  const operations = definitions.filter(({ kind }) => kind === 'OperationDefinition');
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  const selections = operation?.selectionSet?.selections ?? [];
  return selections.length === 1 && selections[0]?.kind === 'Field';
}

/** If in doubt, a mutation, which is repeated only if none of its fields has run. */
export function kindOf(text: string): OperationKind {
  const words = atDepth(0, withoutStrings(text));
  if (/\bmutation\b/.test(words)) return 'mutation';
  return /\bsubscription\b/.test(words) ? 'subscription' : 'query';
}

/** The response names of an operation's root fields. Undefined if the text contains fragments or several operations. */
export function rootFieldsOf(text: string): string[] | undefined {
  const withoutArguments = atDepth(0, withoutStrings(text), '()');
  const isOne = !/\bfragment\b|\.\.\./.test(withoutArguments) && kindsIn(withoutArguments) < 2;
  if (!isOne) return undefined;
  const fields = atDepth(1, withoutArguments).replaceAll(/@\w+/g, ' ');
  return [...fields.matchAll(/(\w+)(?:\s*:\s*\w+)?/g)].flatMap(([, name]) => name ?? []);
}

function kindsIn(text: string): number {
  return atDepth(0, text).match(/\b(query|mutation|subscription)\b/g)?.length ?? 0;
}

function withoutStrings(text: string): string {
  return text.replaceAll(/"""[^]*?"""|"(?:\\.|[^"\\\n])*"|#.*/g, ' ');
}

/** The parts of a text at exactly this bracket depth. */
function atDepth(wanted: number, text: string, [opening, closing] = '{}'): string {
  let depth = 0;
  let found = '';
  for (const character of text) {
    if (character === opening) depth += 1;
    else if (character === closing) depth -= 1;
    else if (depth === wanted) found += character;
    if (character === opening || character === closing) found += ' ';
  }
  return found;
}
