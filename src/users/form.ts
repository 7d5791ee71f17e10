// Reads a record by its form, and tells the first mistake without repeating what was written.
import type { z } from 'zod';
import { RecordRefused } from './refusal.ts';

/** A name that somebody mistyped is repeated; a hash that slipped into a heading is not. */
const LONGEST_NAME = 32;

/** @throws {RecordRefused} */
export function readForm<T>(form: z.ZodType<T>, value: unknown): T {
  const parsed = form.safeParse(value, { error: (issue) => messageOf(issue) });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const path = issue?.path.map(String) ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const [name = ''] = issue.keys;
    throw new RecordRefused([...path, shortened(name)].join('.'), 'There is no such field.');
  }
  throw new RecordRefused(path.join('.'), issue?.message ?? '');
}

/** zod's own words for what nobody worded. None of them holds the value. */
function messageOf({ code, expected }: z.core.$ZodRawIssue): string | undefined {
  if (code !== 'invalid_type') return undefined;
  return `This must be ${TYPES[String(expected)] ?? 'something else'}.`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  array: 'a list',
  object: 'an object',
};

/** As far as it is a name. */
export function shortened(name: string): string {
  return /^[\w.$ -]*$/.test(name) && name.length <= LONGEST_NAME ? name : '(a name of another form)';
}
