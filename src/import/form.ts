// Validates a record against its schema. Reports the first error, without repeating the value.
import type { z } from 'zod';
import { RecordError } from '../factors/record-error.ts';

/** Repeats a mistyped name, but not a hash that ended up in a header. */
const LONGEST_NAME = 32;

/** @throws {RecordError} */
export function readForm<T>(form: z.ZodType<T>, value: unknown): T {
  const parsed = form.safeParse(value, { error: (issue) => messageOf(issue) });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const path = issue?.path.map(String) ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const [name = ''] = issue.keys;
    throw new RecordError([...path, shortened(name)].join('.'), 'Unknown field.');
  }
  throw new RecordError(path.join('.'), issue?.message ?? '');
}

/** Falls back to zod's own messages, none of which contains the value. */
function messageOf({ code, expected }: z.core.$ZodRawIssue): string | undefined {
  if (code !== 'invalid_type') return undefined;
  return `This must be ${TYPES[String(expected)] ?? 'of another type'}.`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  array: 'a list',
  object: 'an object',
};

/** The name, if it looks like one. */
export function shortened(name: string): string {
  return /^[\w.$ -]*$/.test(name) && name.length <= LONGEST_NAME ? name : '(name omitted)';
}
