// GraphiQL and the docs show the schema's descriptions, so each one has to exist and to make sense by itself.
import { type GraphQLNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';

type Described = readonly [path: string, description: string];

function described(path: string, { description }: { description?: string | null | undefined }): Described {
  return [path, description?.trim() ?? ''];
}

function membersOf(type: GraphQLNamedType): Described[] {
  if (isEnumType(type))
    return type.getValues().map((value) => described(`${type.name}.${value.name}`, value));
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => described(`${type.name}.${field.name}`, field));
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    described(`${type.name}.${field.name}`, field),
    ...field.args.map((arg) => described(`${type.name}.${field.name}(${arg.name}:)`, arg)),
  ]);
}

const TYPES = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
const ALL = [
  ...TYPES.flatMap((type) => [described(type.name, type), ...membersOf(type)]),
  ...schema
    .getDirectives()
    .flatMap((directive) => [
      described(`@${directive.name}`, directive),
      ...directive.args.map((arg) => described(`@${directive.name}(${arg.name}:)`, arg)),
    ]),
];

test('every type, field, argument, input field, enum value and directive of the schema has a description', () => {
  expect(ALL.length).toBeGreaterThan(400);
  expect(ALL.filter(([, description]) => description === '').map(([path]) => path)).toEqual([]);
});

/** Descriptions such as "Which.", "When, to the second." or "In which reset, and what.", which need the name beside them. */
const LEANING = /^(?:(?:in|for|of|with) )?(?:which|what|who|whom|when|where|how many)\b(?: for| \w+)?[.,]/i;

test('every description in the schema ends with a period and makes sense without the name of its field', () => {
  const incomplete = ALL.filter(([, description]) => !/[.`]$/.test(description) || LEANING.test(description));
  expect(incomplete).toEqual([]);
});
