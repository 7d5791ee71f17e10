// The words and options of a command, as Node reads them.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { UsageError } from './run-command.ts';

/** @throws {UsageError} */
export function parseArguments<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
) {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    // Node says in its first sentence which option there is not, or has no value.
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}.`);
  }
}

/**
 * @param names of the words that must be there, and no others.
 * @param tooMany what is said of the first one that is too many.
 * @throws {UsageError}
 */
export function readWords<
  const Names extends readonly string[],
  const Options extends ParseArgsOptionsConfig,
>(
  args: string[],
  names: Names,
  options: Options,
  tooMany = (word: string): string => `${word} is a word too many.`,
) {
  const { positionals, values } = parseArguments(args, options);
  const missing = names[positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const surplus = positionals[names.length];
  if (surplus !== undefined) throw new UsageError(tooMany(surplus));
  return { words: positionals as { [At in keyof Names]: string }, values };
}
