// Checks a word of the command line against the form that the API uses for the same input.
import type { z } from 'zod';
import { UsageError } from './run-command.ts';

/** @throws {UsageError} with what is wrong with the word. */
export function readWord<T>(form: z.ZodType<T>, word: string): T {
  const { data, error } = form.safeParse(word);
  if (error === undefined) return data;
  throw new UsageError(error.issues.map(({ message }) => message).join(' '));
}
