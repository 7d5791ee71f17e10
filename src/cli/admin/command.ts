// What the commands of an operator have in common: they are read before the database is opened, and each change leaves
// a row in the audit log that says where it came from.
import type { ParseArgsOptionsConfig } from 'node:util';
import { DEFAULT_TENANT } from '../../persistence/entities/tenant.ts';
import type { EntityManager } from '../../persistence/orm.ts';
import { parseArguments } from '../arguments.ts';

/** A mistake of the operator, told in a sentence. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
}

/** A command that was written wrong: how it is written follows. */
export class UsageError extends AdminError {}

/** What a command does. It answers what the operator is told. @throws {AdminError} */
export type Action = (em: EntityManager) => Promise<string>;

export interface Command {
  /** What follows the command's name. */
  readonly usage: string;
  /** @throws {UsageError} */
  read(args: string[]): Action;
}

/** Beside whom the audit log names nobody: an operator has no account. */
export const OPERATOR = { ip: null, userAgent: 'admin command' } as const;

export const TENANT_OPTION = { tenant: { type: 'string', default: DEFAULT_TENANT } } as const;

/** @param names of the words that must be there, and no others. @throws {UsageError} */
export function readWords<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  names: readonly string[],
  options: Options,
) {
  const { positionals, values } = parseArguments(args, options, (message) => new UsageError(message));
  const missing = names[positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const surplus = positionals[names.length];
  if (surplus !== undefined) throw new UsageError(`${surplus} is a word too many.`);
  return { words: positionals, values };
}

/** @throws {UsageError} when the word is none of these. */
export function oneOf<Word extends string>(
  name: string,
  words: Readonly<Record<Word, unknown>>,
  word: string,
): Word {
  if (Object.hasOwn(words, word)) return word as Word;
  throw new UsageError(`${name} must be one of ${Object.keys(words).join(', ')}.`);
}
