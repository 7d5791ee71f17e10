// The forms of what clients send, beyond what GraphQL's types say.
import { z } from 'zod';
import type { Identifier } from '../factors/identifier.ts';
import { type ParsedNumber, parseNumber } from '../factors/phone/number.ts';
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

/** An e-mail address, in lower case: nobody gives two people addresses that differ only in case. */
export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'An e-mail address has at most 254 characters.')
  .pipe(z.email('Give an e-mail address, for example jane@example.com.'));

/** A phone number, as people write it. */
export const phoneNumber = z
  .string()
  .max(40, 'A phone number has at most 40 characters.')
  .transform((text, context): ParsedNumber => {
    const parsed = parseNumber(text);
    if (parsed !== null) return parsed;
    context.addIssue('Give a phone number in international form, for example +14155552671.');
    return z.NEVER;
  });

/** What people call themselves by: whatever has an `@` is an address, and anything else a number. */
export const identifier = z.string().transform((text, context): Identifier => {
  const isEmail = text.includes('@');
  const parsed = isEmail ? emailAddress.safeParse(text) : phoneNumber.safeParse(text);
  if (parsed.success) {
    return typeof parsed.data === 'string'
      ? { kind: 'EMAIL', value: parsed.data }
      : { kind: 'PHONE', value: parsed.data.number };
  }
  context.addIssue(
    isEmail
      ? (parsed.error.issues[0]?.message ?? '')
      : 'Give an e-mail address, for example jane@example.com, or a phone number in international form, for example +14155552671.',
  );
  return z.NEVER;
});

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
  .max(64, 'A label has at most 64 characters.');

/** Whether this could be the id of a row. Anything else is looked up nowhere. */
export function isUuid(id: string): boolean {
  return z.uuid().safeParse(id).success;
}
