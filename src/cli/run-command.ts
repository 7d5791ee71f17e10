// How the commands run: with subcommands, each loaded when it is asked for; what is wrong with what they were given is
// told in a sentence and without a stack.

/** Answers the exit code. */
type Run = (args: string[]) => Promise<number>;

/** Runs what the arguments name, and says what there is when they name nothing. */
export async function runCommand(commands: Readonly<Record<string, () => Promise<Run>>>): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    process.stderr.write(`Usage: stepgate ${Object.keys(commands).join('|')} …\n`);
    process.exitCode = 2;
  } else {
    const run = await load();
    process.exitCode = await run(args);
  }
}

/** A mistake in what the command was given. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** The command was written wrong: how it is written follows. */
export class UsageError extends CommandError {}

/** Where the answers and the complaints go. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** @param mistakes errors that are told by their message too. @returns the exit code: 2 when nothing could be done. */
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
