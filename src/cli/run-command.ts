// A command with subcommands, each of which is loaded when it is asked for.

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
