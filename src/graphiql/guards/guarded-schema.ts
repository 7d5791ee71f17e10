// The schema of the API from its SDL, once for the guards and once for people: GraphiQL's documentation leaves out applied
// directives, so they are written into the descriptions.
import {
  buildASTSchema,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  type InterfaceTypeDefinitionNode,
  isInterfaceType,
  isObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  specifiedDirectives,
  visit,
} from 'graphql';
import { namesInSchema } from '../../step-up/guard-names.ts';
import { guardsWrittenOn, type SchemaElement, withKept } from '../../step-up/written-guards.ts';

/** @throws when the SDL is not a schema, or its guards cannot be read. */
export function guardedSchema(sdl: string): GraphQLSchema {
  const schema = buildASTSchema(parse(sdl), { assumeValidSDL: true });
  const names = namesInSchema(schema);
  const keep = (element: SchemaElement & { extensions: unknown }, where: string): void => {
    element.extensions = withKept(element, guardsWrittenOn(element, where, names));
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    keep(type, type.name);
    for (const field of Object.values(type.getFields())) keep(field, `${type.name}.${field.name}`);
  }
  return schema;
}

type Described = FieldDefinitionNode | ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/** The schema as GraphiQL shows it: each description begins with the directives of the type or field. */
export function documentedSchema(sdl: string): GraphQLSchema {
  const document: DocumentNode = visit(parse(sdl), {
    FieldDefinition: described,
    ObjectTypeDefinition: described,
    InterfaceTypeDefinition: described,
  });
  return buildASTSchema(document, { assumeValidSDL: true });
}

function described<Node extends Described>(node: Node): Node {
  const shown = (node.directives ?? []).filter(isShown);
  if (shown.length === 0) return node;
  const written = shown.map((one) => `\`${print(one)}\``).join(' ');
  const value = [written, node.description?.value ?? ''].join('\n\n').trim();
  return {
    ...node,
    description: { kind: Kind.STRING, value, block: true },
    directives: node.directives?.filter((one) => !isShown(one)),
  };
}

/** GraphiQL shows those of the specification, such as `@deprecated`, by itself. */
function isShown({ name }: ConstDirectiveNode): boolean {
  return specifiedDirectives.every((one) => one.name !== name.value);
}
