// Enums whose values are all described, because GraphiQL serves as documentation.
import { builder } from '../builder.ts';

type Descriptions<T extends string> = { readonly [value in T]: string };

/** Defines an enum. The type of `values` makes a description mandatory for each value. */
export function describedEnum<const T extends string>(
  name: string,
  description: string,
  values: Descriptions<T>,
) {
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(
      Object.entries<string>(values).map(([value, text]) => [
        value,
        { value: value as T, description: text },
      ]),
    ) as Record<T, { value: T; description: string }>,
  });
}
