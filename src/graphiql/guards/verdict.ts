// What the guards of an operation decide about the chosen session, as the panel and the editor show it.

import type { DocumentNode, FieldNode, FragmentDefinitionNode, SelectionSetNode } from 'graphql';
import type { Evidence } from '../../policy/evidence.ts';
import { nowThere, type ReadToken } from '../access-token.ts';

export interface Verdict {
  /** The response names from the root to the field. */
  readonly path: readonly string[];
  /** The guards, as they are written in the schema. */
  readonly demands: readonly Demanded[];
  readonly isOpen: boolean;
  /** How long the field stays open, in seconds. Null if it is not open, or does not depend on the age of a proof. */
  readonly secondsLeft: number | null;
}

export interface Demanded {
  readonly guard: string;
  /** Where it is written, if that is known. */
  readonly place: string | null;
  readonly isMet: boolean;
  /** Why, in a sentence. */
  readonly reason: string;
  /** What a `@stepUp` demands of a proof. Null for other guards, and if the proof is for one operation only. */
  readonly freshness: Freshness | null;
}

export interface Freshness {
  readonly maxAge: number;
  readonly accept: readonly string[];
}

/** How long the newest accepted proof is fresh, in seconds. Negative if it is too old, null if there is none. */
export function secondsFresh(
  { maxAge, accept }: Freshness,
  evidence: readonly Evidence[],
  now: number,
): number | null {
  const times = evidence
    .filter(({ factor }) => accept.includes(factor))
    .map(({ completedAt }) => completedAt);
  return times.length === 0 ? null : Math.max(...times) + maxAge - now;
}

/** How long a field stays open. Null if that does not depend on the age of a proof. */
export function secondsLeft(demands: readonly Demanded[], token: ReadToken | null): number | null {
  if (token === null) return null;
  const { evidence } = token.authContext;
  const left = demands.flatMap(
    ({ freshness }) => (freshness && secondsFresh(freshness, evidence, nowThere(token))) ?? [],
  );
  return left.length === 0 ? null : Math.min(...left);
}

/** The fields of an operation at a path. More than one if it is selected more than once. */
export function fieldsAt(
  document: DocumentNode,
  operationName: string | null,
  path: readonly string[],
): FieldNode[] {
  const operations = document.definitions.filter((one) => one.kind === 'OperationDefinition');
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  const fragments = new Map(
    document.definitions
      .filter((one): one is FragmentDefinitionNode => one.kind === 'FragmentDefinition')
      .map((one) => [one.name.value, one.selectionSet]),
  );
  let sets: SelectionSetNode[] = operation ? [operation.selectionSet] : [];
  let found: FieldNode[] = [];
  for (const name of path) {
    found = sets
      .flatMap((set) => fieldsIn(set, fragments, new Set()))
      .filter((field) => (field.alias ?? field.name).value === name);
    sets = found.flatMap(({ selectionSet }) => selectionSet ?? []);
  }
  return found;
}

/** @param open the fragments that contain this selection: a document that is being typed may have a circle. */
function fieldsIn(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
  open: ReadonlySet<string>,
): FieldNode[] {
  return set.selections.flatMap((selection): FieldNode[] => {
    if (selection.kind === 'Field') return [selection];
    if (selection.kind === 'InlineFragment') return fieldsIn(selection.selectionSet, fragments, open);
    const { value: name } = selection.name;
    const fragment = open.has(name) ? undefined : fragments.get(name);
    return fragment ? fieldsIn(fragment, fragments, new Set([...open, name])) : [];
  });
}
