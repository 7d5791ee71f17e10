// `stepgate policy federation`: finds the fields of a federated graph that read a guarded field of any subgraph without at
// least its guards [GHSA-m8jr].
import {
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { StepUpRequire } from '../../policy/requirement.ts';
import type { Guard } from '../../step-up/guard.ts';
import { guardText } from '../../step-up/guard-text.ts';
import { dependentFields } from '../../step-up/schema-file/dependencies.ts';
import { placeOf } from '../../step-up/schema-file/error.ts';
import { readDocument, readSchema } from '../../step-up/schema-file/schema.ts';
import { fieldsOf } from './fields.ts';

export interface FederationVerdict {
  /** One line per field and missing guard. */
  readonly violations: readonly string[];
  readonly summary: string;
}

/** @param files one for each subgraph. @throws {SchemaFileError} */
export async function checkFederation(files: readonly string[]): Promise<FederationVerdict> {
  const schemas = await Promise.all(files.map((file) => readSchema([file])));
  const documents = await Promise.all(files.map(readDocument));
  const graph = new Graph(schemas);
  const dependents = documents.flatMap(dependentFields);
  const violations = dependents.flatMap(({ field, reads, on, by, loc }) => {
    const read = [...new Set(on.flatMap((type) => graph.fieldsIn(reads, type)))];
    const own = graph.guardsOn(field);
    return read.flatMap((source) =>
      graph
        .guardsOn(source)
        .filter((guard) => !own.some((one) => covers(one, guard)))
        .map(
          (guard) =>
            `${placeOf(loc)}${field} reads ${source} by ${by}; add ${guardText(guard)}, which guards it.`,
        ),
    );
  });
  const count = `${files.length} ${files.length === 1 ? 'subgraph' : 'subgraphs'}, ${dependents.length} dependent ${dependents.length === 1 ? 'field' : 'fields'}`;
  const outcome =
    violations.length === 0
      ? 'no violations.'
      : `${violations.length} missing ${violations.length === 1 ? 'guard' : 'guards'}.`;
  return { violations, summary: `${count}: ${outcome}` };
}

/** All subgraphs together. A guard that one of them writes on a field counts for the field. */
class Graph {
  readonly #schemas: readonly GraphQLSchema[];
  readonly #guards = new Map<string, Guard[]>();

  constructor(schemas: readonly GraphQLSchema[]) {
    this.#schemas = schemas;
    for (const { coordinate, guards } of schemas.flatMap(fieldsOf)) {
      const before = this.#guards.get(coordinate) ?? [];
      this.#guards.set(coordinate, [...before, ...guards.map(({ guard }) => guard)]);
    }
  }

  guardsOn(field: string): readonly Guard[] {
    return this.#guards.get(field) ?? [];
  }

  /** Every field that a selection on a type may read, in any subgraph and for any possible type. */
  fieldsIn(selection: SelectionSetNode, typeName: string): string[] {
    return selection.selections.flatMap((one) => {
      if (one.kind === Kind.FRAGMENT_SPREAD) return [];
      if (one.kind === Kind.INLINE_FRAGMENT)
        return this.fieldsIn(one.selectionSet, one.typeCondition?.name.value ?? typeName);
      const { name, selectionSet } = one;
      return this.#possible(typeName).flatMap((owner) => [
        `${owner}.${name.value}`,
        ...(selectionSet === undefined
          ? []
          : this.#typesOf(owner, name.value).flatMap((type) => this.fieldsIn(selectionSet, type))),
      ]);
    });
  }

  #possible(typeName: string): string[] {
    const types = this.#schemas.flatMap((schema) => {
      const type = schema.getType(typeName);
      return isAbstractType(type) ? schema.getPossibleTypes(type).map((one) => one.name) : [];
    });
    return types.length === 0 ? [typeName] : [...new Set(types)];
  }

  #typesOf(owner: string, field: string): string[] {
    const types = this.#schemas.flatMap((schema) => {
      const type = schema.getType(owner);
      const found = isObjectType(type) || isInterfaceType(type) ? type.getFields()[field] : undefined;
      return found === undefined ? [] : [getNamedType(found.type).name];
    });
    return [...new Set(types)];
  }
}

/** Whether whoever passes the first guard passes the second one as well. */
function covers(one: Guard, other: Guard): boolean {
  if (other.directive === 'authenticated') return true; // every guard refuses a caller who is not signed in
  if (other.directive === 'requiresRole') return one.directive === 'requiresRole' && one.role === other.role;
  if (one.directive !== 'stepUp') return false;
  const [mine, theirs] = [one.requirement, other.requirement];
  return (
    mine.maxAge <= theirs.maxAge &&
    mine.accept.every((kind) => theirs.accept.includes(kind)) &&
    (mine.require === StepUpRequire.SECOND_FACTOR || theirs.require === StepUpRequire.STRONGEST_ENROLLED) &&
    (mine.bind === theirs.bind || theirs.bind === 'SESSION')
  );
}
