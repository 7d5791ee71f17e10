// What the commands of an operator have in common: they are read before the database is opened, and each change leaves
// a row in the audit log that says where it came from.

import { byOperator } from '../../persistence/audit.ts';
import { DEFAULT_TENANT } from '../../persistence/entities/tenant.ts';
import type { EntityManager } from '../../persistence/orm.ts';
import { UsageError } from '../run-command.ts';

/** What a command does. It answers what the operator is told. @throws {CommandError} */
export type Action = (em: EntityManager) => Promise<string>;

export interface Command {
  /** What follows the command's name. */
  readonly usage: string;
  /** @throws {UsageError} */
  read(args: string[]): Action;
}

/** For the audit log. */
export const OPERATOR = byOperator('admin');

export const TENANT_OPTION = { tenant: { type: 'string', default: DEFAULT_TENANT } } as const;

/** @throws {UsageError} when the word is none of these. */
export function oneOf<Word extends string>(
  name: string,
  words: Readonly<Record<Word, unknown>>,
  word: string,
): Word {
  if (Object.hasOwn(words, word)) return word as Word;
  throw new UsageError(`${name} must be one of ${Object.keys(words).join(', ')}.`);
}
