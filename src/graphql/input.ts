// Validation of input beyond what GraphQL types express.
import { z } from 'zod';
import { misleading } from '../platform/one-line-text.ts';
import { UserError } from '../platform/user-error.ts';

/** An invalid value. The error never repeats the value itself. */
export class InvalidInput extends UserError {
  static readonly brief =
    'An input field has an invalid value. `fields` lists every invalid field and the format that it must have.';
  static readonly description = 'An input field has the right GraphQL type but an invalid value.';
  readonly code = 'INVALID_INPUT';
  readonly fields: readonly { readonly path: string; readonly message: string }[];

  constructor(fields: readonly { readonly path: string; readonly message: string }[]) {
    super(fields.map(({ path, message }) => `${path}: ${message}`).join(' '));
    this.fields = fields;
  }
}

export class NotFound extends UserError {
  static readonly description = 'Not found, or you do not have access to it.';
  readonly code = 'NOT_FOUND';
  constructor() {
    super('Not found, or you do not have access to it.');
  }
}

/** @throws {InvalidInput} with all errors at once. */
export function parseInput<T>(form: z.ZodType<T>, input: unknown): T {
  const parsed = form.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(
    parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  );
}

/** The password policy has an error of its own. This limit only keeps out huge inputs. */
export const newPassword = z.string().max(4096, 'The password is too long. The maximum is 4096 characters.');

export const tenantId = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'A tenant name has at most 63 lower-case letters, digits and hyphens, and does not start with a hyphen.',
  );

/** A name that users choose for something of theirs. */
export const label = z
  .string()
  .trim()
  .min(1, 'The label is empty. Enter a label, or omit the field.')
  .max(64, 'The label is too long. The maximum is 64 characters.')
  .superRefine((text, context) => {
    const defect = misleading(text);
    if (defect !== null) context.addIssue(defect);
  });

/** Whether this could be the id of a row. PostgreSQL would reject anything else. */
export function isUuid(id: string): boolean {
  return z.uuid().safeParse(id).success;
}
