// The fields that a factor adds to an input of the API, or to a record in an import file. Each one has a type in the
// schema, and a form that reads what was sent.
import type { z } from 'zod';

export interface InputField<Value = unknown> {
  readonly type: 'String' | 'ID' | 'Boolean' | 'JSON' | 'StringList';
  readonly description: string;
  readonly defaultValue?: boolean;
  readonly isRequired?: true;
  /** Also reads `null` and `undefined`: a field that was not sent. */
  readonly form: z.ZodType<Value>;
}

export type InputFields<Given> = { readonly [Name in keyof Given]: InputField<Given[Name]> };

/** What a factor adds to an input. */
export interface FactorInput<Given = Readonly<Record<string, unknown>>> {
  readonly fields: InputFields<Given>;
  /** What is wrong with fields that are each valid alone. */
  defect?(given: Given): { readonly path: string; readonly message: string } | null;
}
