// Parses the positional arguments and options of a command.
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
    // The first sentence of Node's message names the option; the rest is advice about `--`.
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}.`);
  }
}

/**
 * @param names of the required positional arguments. No others are accepted.
 * @param tooMany the message for the first extra argument.
 * @throws {UsageError}
 */
export function readWords<
  const Names extends readonly string[],
  const Options extends ParseArgsOptionsConfig,
>(
  args: string[],
  names: Names,
  options: Options,
  tooMany = (word: string): string => `Unexpected argument: ${word}`,
) {
  const { positionals, values } = parseArguments(args, options);
  const missing = names[positionals.length];
  if (missing !== undefined) throw new UsageError(`Missing argument: ${missing}`);
  const surplus = positionals[names.length];
  if (surplus !== undefined) throw new UsageError(tooMany(surplus));
  return { words: positionals as { [At in keyof Names]: string }, values };
}
