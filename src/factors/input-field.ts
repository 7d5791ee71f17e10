// The fields that a factor adds to an input of the API, or to a record in an import file. Each one has a type in the
// schema, and a form that reads what was sent.
import type { z } from 'zod';

export interface InputField<Value = unknown> {
  readonly type: 'String' | 'ID' | 'Boolean' | 'JSON' | 'StringList';
  readonly description: string;
  readonly defaultValue?: boolean;
  /** Also reads `null` and `undefined`: a field that was not sent. */
  readonly form: z.ZodType<Value>;
}

export type InputFields<Given> = { readonly [Name in keyof Given]: InputField<Given[Name]> };
