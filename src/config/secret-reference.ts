// A secret in a configuration file: it names a variable or a file. In production, it is nowhere else.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const text = z.string().min(1).max(512);
/** A private key is long. */
const written = z.string().min(1).max(8192);

export const reference = z.union(
  [z.strictObject({ env: text }), z.strictObject({ file: text }), written],
  'Give the secret as { "env": NAME } or { "file": PATH }.',
);
export type SecretReference = z.infer<typeof reference>;

export interface Reading {
  readonly production: boolean;
  /** The environment, for secrets. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export function secretOf(
  given: SecretReference | undefined,
  { production, variables }: Reading,
  refuse: (problem: string) => void,
): string {
  if (typeof given === 'string') {
    if (production) refuse('In production, give the secret as { "env": NAME } or { "file": PATH }.');
    return given;
  }
  const read =
    given === undefined ? '' : 'env' in given ? (variables[given.env] ?? '') : contentOf(given.file);
  if (read.trim() === '') refuse('The secret is empty, or the variable or file that it names is missing.');
  return read.trim();
}

/** Empty if there is no such file. */
export function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
