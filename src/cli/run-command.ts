// Runs subcommands, each loaded only when it is used, and prints the errors that end them.
import { OperatorError, printFailure } from '../platform/operator-error.ts';

/** @returns the exit code. */
type Run = (args: string[]) => Promise<number>;

/** Runs the subcommand that the arguments name, or prints the list of subcommands. */
export async function runCommand(commands: Readonly<Record<string, () => Promise<Run>>>): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    process.stderr.write(`Usage: stepgate ${Object.keys(commands).join('|')} ...\n`);
    process.exitCode = 2;
  } else {
    const run = await load();
    process.exitCode = await run(args);
  }
}

/** An error in the command's input, which its user can fix. */
export class CommandError extends OperatorError {
  readonly code: string = 'COMMAND_INVALID';
}

/** Invalid arguments. The usage text follows the message. */
export class UsageError extends CommandError {
  override readonly code = 'USAGE';
}

/** Where results and errors are written. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Prints the error that ends the command, if one does. @returns the exit code. */
export async function answered(
  { stderr }: Output,
  usage: string,
  perform: () => Promise<number>,
): Promise<number> {
  try {
    return await perform();
  } catch (error) {
    const exitCode = printFailure(error, stderr);
    if (error instanceof UsageError) stderr.write(`\n${usage}`);
    return exitCode;
  }
}
