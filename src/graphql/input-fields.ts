// Adds the fields of factors to an input type.
import type { InputFieldBuilder, InputFieldMap } from '@pothos/core';
import type { InputField } from '../factors/input-field.ts';
import type { builder } from './builder.ts';

type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Extended> ? Extended : never;

/** Their values are read by the forms of the fields, so their types are not known here. */
export function inputFields(
  t: InputFieldBuilder<Types, 'InputObject'>,
  fields: Readonly<Record<string, InputField>>,
): InputFieldMap {
  return Object.fromEntries(
    Object.entries(fields).map(
      ([name, { type, description, defaultValue, isRequired: required = false }]) => [
        name,
        type === 'StringList'
          ? t.stringList({ description })
          : t.field({ type, description, required, ...(defaultValue === undefined ? {} : { defaultValue }) }),
      ],
    ),
  );
}
