// The team's rules: which fields must have which guard. The file is read strictly: a rule that is misspelled would
// otherwise hold everywhere.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { SECOND_FACTORS } from '../../policy/factor-kind.ts';
import { CommandError } from '../run-command.ts';

const pattern = z
  .string()
  .regex(/^[\w*]+\.[\w*]+$/, 'must be TYPE.FIELD, where * stands for any characters, as in Mutation.delete*');
const patterns = z.union([pattern.transform((one) => [one]), z.array(pattern).min(1)], {
  error: 'must be TYPE.FIELD or a list of such, where * stands for any characters, as in Mutation.delete*',
});

const fields = {
  /** Fields of types, or of the interfaces and root operations that these are. */
  match: patterns,
  /** Only those that answer this type: by itself, in a list, in a union, or as an interface. */
  returns: z.string().regex(/^\w+$/, 'must be the name of a type').optional(),
  /** But not these. */
  except: patterns.default([]),
  /** Told with each violation. */
  reason: z
    .string()
    .regex(/^[^\p{Cc}]+$/u, 'must be one line')
    .optional(),
};

const rule = z.discriminatedUnion('require', [
  /** Any of the guards: each refuses whoever is not signed in. */
  z.strictObject({ ...fields, require: z.literal('authenticated') }),
  z.strictObject({
    ...fields,
    require: z.literal('requiresRole'),
    role: z.string().regex(/^\w+$/, 'must be the name of a role'),
  }),
  z.strictObject({
    ...fields,
    require: z.literal('stepUp'),
    /** At most. */
    maxAge: z.int().min(1).optional(),
    /** No others than these. */
    accept: z.array(z.enum(SECOND_FACTORS)).min(1).optional(),
    /** `STRONGEST_ENROLLED`, which lets a first factor do, is not enough. */
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
    throw new CommandError(`The rules in ${file} cannot be read (${error.code}).`);
  });
  const { success, data, error } = rules.safeParse(parsed(text, file));
  if (success) return { ...data, file };
  throw new CommandError(
    error.issues
      .map(({ path, message }) => `${file}: ${z.core.toDotPath(path) || 'the file'}: ${message}`)
      .join('\n'),
  );
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`${file} is not JSON.`);
  }
}
