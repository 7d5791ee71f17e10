// Puts the refused fields into a result that was executed without them: null, and an error for each.
import {
  type ExecutionResult,
  type FieldNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  locatedError,
  type OperationDefinitionNode,
} from 'graphql';
import { type FieldsOf, fieldsOfOperation, type OperationToRun } from '../operation.ts';
import { coordinate, type RefusedFields, TYPE_NAME } from './refused-fields.ts';

type Path = readonly (string | number)[];

export function completeResult(
  run: OperationToRun,
  operation: OperationDefinitionNode,
  refused: RefusedFields,
  result: ExecutionResult,
): ExecutionResult {
  const completion = new Completion(run.schema, refused, fieldsOfOperation(run, operation));
  const root = run.schema.getRootType(operation.operation);
  if (result.data == null || !root) return result;
  const data = completion.root(result.data, root, operation);
  const errors = [...completion.errors, ...(result.errors ?? [])];
  return { ...result, data, ...(errors.length > 0 && { errors }) };
}

/** A refused field that cannot be null makes its parent null. */
const NULL_PARENT = Symbol('null');

type Data = Readonly<Record<string, unknown>>;

class Completion {
  readonly errors: GraphQLError[] = [];
  readonly #schema: GraphQLSchema;
  readonly #refused: RefusedFields;
  readonly #fieldsOf: FieldsOf;

  constructor(schema: GraphQLSchema, refused: RefusedFields, fieldsOf: FieldsOf) {
    this.#schema = schema;
    this.#refused = refused;
    this.#fieldsOf = fieldsOf;
  }

  root(data: Data, type: GraphQLObjectType, operation: OperationDefinitionNode): Data | null {
    const completed = this.#object(data, type, this.#fieldsOf([operation.selectionSet], type), []);
    return completed === NULL_PARENT ? null : (completed as Data);
  }

  #object(
    data: Data,
    type: GraphQLObjectType,
    fields: ReadonlyMap<string, readonly FieldNode[]>,
    path: Path,
  ): unknown {
    const completed: Record<string, unknown> = {};
    for (const [key, nodes] of fields) {
      const name = nodes[0]?.name.value ?? '';
      const field = type.getFields()[name];
      if (field === undefined) {
        completed[key] = data[key]; // `__typename` and introspection
        continue;
      }
      const value = this.#field(data[key], coordinate(type, name), field.type, nodes, [...path, key]);
      if (value === NULL_PARENT) return NULL_PARENT;
      if (value !== undefined) completed[key] = value;
    }
    return completed;
  }

  #field(value: unknown, field: string, type: GraphQLOutputType, nodes: readonly FieldNode[], path: Path) {
    const refusal = this.#refused.get(field);
    if (refusal === undefined) return value === undefined ? undefined : this.#value(value, type, nodes, path);
    this.errors.push(locatedError(refusal, [...nodes], [...path]));
    return isNonNullType(type) ? NULL_PARENT : null;
  }

  #value(value: unknown, type: GraphQLOutputType, nodes: readonly FieldNode[], path: Path): unknown {
    if (isNonNullType(type)) {
      const completed = this.#nullable(value, type.ofType, nodes, path);
      return completed === null ? NULL_PARENT : completed;
    }
    const completed = this.#nullable(value, type, nodes, path);
    return completed === NULL_PARENT ? null : completed;
  }

  #nullable(value: unknown, type: GraphQLOutputType, nodes: readonly FieldNode[], path: Path): unknown {
    if (value == null || isLeafType(type)) return value ?? null;
    if (isListType(type)) {
      const items = (value as readonly unknown[]).map((one, index) =>
        this.#value(one, type.ofType, nodes, [...path, index]),
      );
      return items.includes(NULL_PARENT) ? NULL_PARENT : items;
    }
    const data = value as Data;
    const known = isAbstractType(type) ? this.#schema.getType(String(data[TYPE_NAME])) : type;
    if (!isObjectType(known)) throw new TypeError(`The type of ${path.join('.')} is not known.`);
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    return this.#object(data, known, this.#fieldsOf(sets, known), path);
  }
}
