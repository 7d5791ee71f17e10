// Runs subcommands, each loaded only when it is used. Errors in the user's input print as a message without a stack
// trace.

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
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** Invalid arguments. The usage text follows the message. */
export class UsageError extends CommandError {}

/** Where results and errors are written. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** @param mistakes further errors to print as a message only. @returns the exit code: 2 for an error in the input. */
export async function answered(
  { stderr }: Output,
  usage: string,
  mistakes: readonly (abstract new (...args: never[]) => Error)[],
  perform: () => Promise<number>,
): Promise<number> {
  try {
    return await perform();
  } catch (error) {
    const isMistake = [CommandError, ...mistakes].some((kind) => error instanceof kind);
    if (!isMistake || !(error instanceof Error)) throw error;
    stderr.write(`${error.message}\n${error instanceof UsageError ? `\n${usage}` : ''}`);
    return 2;
  }
}
