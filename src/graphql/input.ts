// The forms of what clients send, beyond what GraphQL's types say.
import { z } from 'zod';
import { misleading } from '../platform/one-line-text.ts';
import { UserError } from '../platform/user-error.ts';

/** A value of a wrong form. The value itself is never repeated. */
export class InvalidInput extends UserError {
  readonly code = 'INVALID_INPUT';
  readonly fields: readonly { readonly path: string; readonly message: string }[];

  constructor(fields: readonly { readonly path: string; readonly message: string }[]) {
    super(fields.map(({ path, message }) => `${path}: ${message}`).join(' '));
    this.fields = fields;
  }
}

export class NotFound extends UserError {
  readonly code = 'NOT_FOUND';
  constructor() {
    super('There is no such thing, or it is not yours.');
  }
}

/** @throws {InvalidInput} with every mistake at once. */
export function parseInput<T>(form: z.ZodType<T>, input: unknown): T {
  const parsed = form.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(
    parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  );
}

/** The policy has an error of its own; here a password is only kept from being a flood. */
export const newPassword = z.string().max(4096, 'The password is too long.');

export const tenantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Give the name of a tenant: lower-case letters, digits and hyphens.');

/** What a person calls a thing of theirs. */
export const label = z
  .string()
  .trim()
  .min(1, 'Give a label, or leave it out.')
  .max(64, 'A label has at most 64 characters.')
  .superRefine((text, context) => {
    const defect = misleading(text);
    if (defect !== null) context.addIssue(defect);
  });

/** Whether this could be the id of a row. Anything else is looked up nowhere. */
export function isUuid(id: string): boolean {
  return z.uuid().safeParse(id).success;
}
