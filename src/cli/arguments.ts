// The words and options of a command, as Node reads them.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** @param usageError makes the error of a command that was written wrong. */
export function parseArguments<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
  usageError: (message: string) => Error,
) {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    // Node says in its first sentence which option there is not, or has no value.
    throw usageError(`${(error as Error).message.split('. ', 1)[0]}.`);
  }
}
