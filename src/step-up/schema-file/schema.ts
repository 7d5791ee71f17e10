// Reads a schema from files in SDL, with the guards where `guardsOf` finds them. Anything that cannot be read
// completely is an error: a guard that is missed or misspelled would leave a field open.
import { readFile } from 'node:fs/promises';
import {
  buildASTSchema,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  isExecutableDefinitionNode,
  isInterfaceType,
  isObjectType,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  parse,
  Source,
  specifiedDirectives,
  type TypeDefinitionNode,
  validateSchema,
  visit,
} from 'graphql';
import { placeOf, SchemaFileError } from './error.ts';
import { withGuardsByName } from './federation.ts';
import { guardDefinitions, isGuardName } from './guard-definitions.ts';

/** @throws {SchemaFileError} when the files are not a valid schema, or when its guards cannot be read. */
export async function readSchema(files: readonly string[]): Promise<GraphQLSchema> {
  const documents = await Promise.all(files.map(readDocument));
  const written = withGuardsByName({
    kind: Kind.DOCUMENT,
    definitions: withRoots(documents.flatMap((one) => one.definitions)),
  });
  const document = { ...written, definitions: [...written.definitions, ...guardDefinitions(written)] };
  refuseOperations(document);
  refuseUnknownDirectives(document);
  refuseLostGuards(written);
  return annotated(build(document, files));
}

export async function readDocument(file: string): Promise<DocumentNode> {
  if (/^[a-z]+:\/\//i.test(file)) {
    throw new SchemaFileError(
      `${file} is a URL, and introspection does not show which directives a schema uses. Pass the schema as a file in SDL.`,
    );
  }
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SchemaFileError(`Cannot read ${file} (${error.code}).`);
  });
  try {
    return parse(new Source(text, file));
  } catch (error) {
    if (error instanceof RangeError) throw new SchemaFileError(`${file} is nested too deeply.`);
    const isIntrospection = /^\s*\{\s*"/.test(text);
    throw new SchemaFileError(
      isIntrospection
        ? `${file} is JSON, and introspection does not show which directives a schema uses. Pass the schema in SDL.`
        : inSource(error as GraphQLError),
    );
  }
}

/** Parts of a schema may have `extend type Query` without a `type Query`. The first one becomes the definition. */
function withRoots(definitions: readonly DefinitionNode[]): DefinitionNode[] {
  const begun = new Set(definitions.flatMap((one) => (isTypeDefinitionNode(one) ? one.name.value : [])));
  return definitions.map((one) => {
    if (!isTypeExtensionNode(one) || begun.has(one.name.value)) return one;
    begun.add(one.name.value);
    return { ...one, kind: BEGUN_BY[one.kind] } as TypeDefinitionNode;
  });
}

const BEGUN_BY = {
  [Kind.SCALAR_TYPE_EXTENSION]: Kind.SCALAR_TYPE_DEFINITION,
  [Kind.OBJECT_TYPE_EXTENSION]: Kind.OBJECT_TYPE_DEFINITION,
  [Kind.INTERFACE_TYPE_EXTENSION]: Kind.INTERFACE_TYPE_DEFINITION,
  [Kind.UNION_TYPE_EXTENSION]: Kind.UNION_TYPE_DEFINITION,
  [Kind.ENUM_TYPE_EXTENSION]: Kind.ENUM_TYPE_DEFINITION,
  [Kind.INPUT_OBJECT_TYPE_EXTENSION]: Kind.INPUT_OBJECT_TYPE_DEFINITION,
} as const;

function refuseOperations(document: DocumentNode): void {
  const operation = document.definitions.find((one) => isExecutableDefinitionNode(one));
  if (operation !== undefined)
    throw new SchemaFileError(`${placeOf(operation.loc)}An operation is not a schema. Pass a file in SDL.`);
}

function refuseUnknownDirectives(document: DocumentNode): void {
  const known = new Set(specifiedDirectives.map((one) => one.name));
  for (const one of document.definitions) {
    if (one.kind === Kind.DIRECTIVE_DEFINITION) known.add(one.name.value);
  }
  const unknown: string[] = [];
  visit(document, {
    Directive({ name, loc }) {
      if (!known.has(name.value)) unknown.push(`${placeOf(loc)}Unknown directive @${name.value}.`);
    },
  });
  if (unknown.length === 0) return;
  throw new SchemaFileError(
    [
      ...unknown,
      'Define the directive in the schema, or import it with @link. The guards are @authenticated, @requiresRole and @stepUp.',
    ].join('\n'),
  );
}

/** graphql's `printSchema` prints the definitions of directives, but not their uses. */
function refuseLostGuards(written: DocumentNode): void {
  const definition = written.definitions.find(
    (one) => one.kind === Kind.DIRECTIVE_DEFINITION && isGuardName(one.name.value),
  );
  if (definition === undefined) return;
  let isUsed = false;
  visit(written, {
    Directive({ name }) {
      isUsed ||= isGuardName(name.value);
    },
  });
  if (isUsed) return;
  throw new SchemaFileError(
    `${placeOf(definition.loc)}The schema defines guards but uses none. If you print it from code, use printSchemaWithDirectives of @graphql-tools/utils, because printSchema omits the uses of directives.`,
  );
}

function build(document: DocumentNode, files: readonly string[]): GraphQLSchema {
  const schema = attempt(() => buildASTSchema(document), files);
  // A part of a schema may have no Query type.
  const errors = validateSchema(schema).filter((one) => one.message !== 'Query root type must be provided.');
  if (errors.length > 0) throw new SchemaFileError(errors.map(inSource).join('\n'));
  return schema;
}

function attempt(make: () => GraphQLSchema, files: readonly string[]): GraphQLSchema {
  try {
    return make();
  } catch (error) {
    const message = (error as Error).message.replaceAll(/\n+/g, '\n');
    throw new SchemaFileError(`${files.join(', ')}: not a valid schema.\n${message}`);
  }
}

/** Copies directives from the syntax tree to `extensions.directives`, where the guards are read. */
function annotated(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const nodes = [type.astNode, ...type.extensionASTNodes];
    type.extensions = { directives: directivesOf(schema, nodes) };
    for (const field of Object.values(type.getFields())) {
      field.extensions = { directives: directivesOf(schema, [field.astNode]) };
    }
  }
  return schema;
}

interface Directed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

function directivesOf(schema: GraphQLSchema, nodes: readonly (Directed | null | undefined)[]) {
  return nodes
    .flatMap((node) => node?.directives ?? [])
    .map((node) => {
      const args = argumentsOf(schema, node);
      if (node.name.value === 'requiresRole' && typeof args['role'] !== 'string') {
        throw new SchemaFileError(
          `${placeOf(node.loc)}@requiresRole needs a role. Set \`role\` to the name of one.`,
        );
      }
      return { name: node.name.value, args };
    });
}

function argumentsOf(schema: GraphQLSchema, node: ConstDirectiveNode): Record<string, unknown> {
  const definition = schema.getDirective(node.name.value);
  try {
    return definition ? getArgumentValues(definition, node) : {};
  } catch (error) {
    throw new SchemaFileError(inSource(error as GraphQLError));
  }
}

function inSource(error: GraphQLError): string {
  const node = error.nodes?.[0]?.loc;
  const [at] = error.locations ?? [];
  const place = node
    ? placeOf(node)
    : at && error.source
      ? `${error.source.name}:${at.line}:${at.column} `
      : '';
  return `${place}${error.message}`;
}
