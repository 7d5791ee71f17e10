// Reads the rules file, which says which fields must have which guard. Unknown keys are errors: a rule with a misspelled
// condition would otherwise apply to every field.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { SECOND_FACTORS } from '../../policy/factor-kind.ts';
import { CommandError } from '../run-command.ts';

const pattern = z
  .string()
  .regex(
    /^[\w*]+\.[\w*]+$/,
    'must be TYPE.FIELD, where * matches any characters, for example Mutation.delete*',
  );
const patterns = z.union([pattern.transform((one) => [one]), z.array(pattern).min(1)], {
  error:
    'must be TYPE.FIELD or a list of these, where * matches any characters, for example Mutation.delete*',
});

const fields = {
  /** By type, interface or root operation. */
  match: patterns,
  /** Only fields of this type, also in a list, in a union or through an interface. */
  returns: z.string().regex(/^\w+$/, 'must be the name of a type').optional(),
  /** Excludes these fields. */
  except: patterns.default([]),
  /** Printed with each violation. */
  reason: z
    .string()
    .regex(/^[^\p{Cc}]+$/u, 'must be one line')
    .optional(),
};

const rule = z.discriminatedUnion('require', [
  /** Any guard satisfies this: each refuses a caller who is not signed in. */
  z.strictObject({ ...fields, require: z.literal('authenticated') }),
  z.strictObject({
    ...fields,
    require: z.literal('requiresRole'),
    role: z.string().regex(/^\w+$/, 'must be the name of a role'),
  }),
  z.strictObject({
    ...fields,
    require: z.literal('stepUp'),
    /** The maximum, in seconds. */
    maxAge: z.int().min(1).optional(),
    /** The least minimum age of the factor, in seconds. */
    minFactorAge: z.int().min(1).optional(),
    /** The field may accept only these factors. */
    accept: z.array(z.enum(SECOND_FACTORS)).min(1).optional(),
    /** Rejects `STRONGEST_ENROLLED`, for which a first factor can be enough. */
    secondFactor: z.literal(true).optional(),
  }),
]);

const rules = z.strictObject({
  $schema: z.string().optional(),
  rules: z.array(rule).min(1),
  except: patterns.default([]),
});

export type Rule = z.output<typeof rule>;

export interface Rules extends z.output<typeof rules> {
  readonly file: string;
}

/** @throws {CommandError} */
export async function readRules(file: string): Promise<Rules> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`Cannot read the rules file ${file} (${error.code}).`);
  });
  const { success, data, error } = rules.safeParse(parsed(text, file));
  if (success) return { ...data, file };
  throw new CommandError(
    error.issues
      .map(({ path, message }) => `${file}: ${z.core.toDotPath(path) || 'the top level'}: ${message}`)
      .join('\n'),
  );
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`${file} is not valid JSON.`);
  }
}
