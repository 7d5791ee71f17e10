// What the admin commands share: arguments are checked before the database is opened, and each change is recorded in the
// audit log as made by an operator.

import { byOperator } from '../../persistence/audit.ts';
import { DEFAULT_TENANT } from '../../persistence/entities/tenant.ts';
import type { EntityManager } from '../../persistence/orm.ts';
import { UsageError } from '../run-command.ts';

/** Performs the command. @returns the message to print. @throws {CommandError} */
export type Action = (em: EntityManager) => Promise<string>;

export interface Command {
  /** The arguments, without the command's name. */
  readonly usage: string;
  /** @throws {UsageError} */
  read(args: string[]): Action;
}

/** The actor in the audit log. */
export const OPERATOR = byOperator('admin');

export const TENANT_OPTION = { tenant: { type: 'string', default: DEFAULT_TENANT } } as const;

/** @throws {UsageError} when `word` is not one of `words`. */
export function oneOf<Word extends string>(
  name: string,
  words: Readonly<Record<Word, unknown>>,
  word: string,
): Word {
  if (Object.hasOwn(words, word)) return word as Word;
  throw new UsageError(`${name} must be one of ${Object.keys(words).join(', ')}.`);
}
