// Runs a command line. A command's module is loaded when its name is typed, so that `--help` of the program stays fast.
// What a command returns or throws becomes an exit code here.
import { readFileSync } from 'node:fs';
import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings';
import { Command as CommanderCommand, CommanderError } from 'commander';
import { OperatorError, printFailure } from '../platform/operator-error.ts';
import { afterHelp } from './help.ts';

/** 1: the command ran, and something did not hold. 2: the arguments or the environment kept it from running. */
export type ExitCode = 0 | 1 | 2;

/** The command cannot do what it was asked for. */
export class CommandError extends OperatorError {
  readonly code: string = 'COMMAND_INVALID';
}

/** Invalid arguments. How the command is used follows the message. */
export class UsageError extends CommandError {
  override readonly code = 'USAGE';
}

/** The command ran and refused to do what it was asked for. */
export class RefusedError extends CommandError {
  override readonly code = 'REFUSED';
  override readonly exitCode = 1;
}

/** Where results and errors are written. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

export interface Surroundings extends Output {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a command's module has at hand. */
export interface Cli extends Surroundings {
  /** Prints a line. */
  say(line: string): void;
  /** Prints a value for a program to read. */
  print(value: unknown): void;
  /** An action for Commander. */
  action<Args extends unknown[]>(
    work: (...args: Args) => Promise<ExitCode>,
  ): (...args: Args) => Promise<void>;
}

/** Adds a command's arguments, options, subcommands and actions to it. */
export type Define = (command: Command, cli: Cli) => void;

interface Entry {
  readonly summary: string;
  /** Not listed: an older name of another command. */
  readonly isHidden?: true;
  load(): Promise<Define>;
}

export type Entries = Readonly<Record<string, Entry>>;

export async function runStepgate(
  entries: Entries,
  args: readonly string[],
  surroundings: Surroundings = process,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const cli: Cli = {
    ...pick(surroundings),
    say: (line) => void surroundings.stdout.write(`${line}\n`),
    print: (value) => void surroundings.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    action:
      (work) =>
      async (...parsed) => {
        try {
          exitCode = await work(...parsed);
        } catch (error) {
          if (error instanceof UsageError) (parsed.at(-1) as CommandUnknownOpts).error(error.message);
          throw error;
        }
      },
  };
  try {
    await program(entries, cli).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // Commander has printed it
    return printFailure(error, surroundings.stderr);
  }
}

/** Not a copy of all properties, because the surroundings are usually `process`. */
function pick({ stdout, stderr, env }: Surroundings): Surroundings {
  return { stdout, stderr, env };
}

function program(entries: Entries, cli: Cli): Command {
  const root = new CommanderCommand('stepgate') as unknown as Command;
  root
    .description('A self-hosted authentication server.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void cli.stdout.write(text),
      writeErr: (text) => void cli.stderr.write(text),
      outputError: (text, write) => write(sentence(text)),
    })
    .addHelpText('after', afterHelp({ examples: [`stepgate ${Object.keys(entries)[0]} --help`] }));
  for (const [name, { summary, isHidden }] of Object.entries(entries)) {
    root.command(name, { hidden: isHidden ?? false }).description(summary);
  }
  addUsageHint(root);
  return root.hook('preSubcommand', async (_root, command) => {
    const define = await entries[command.name()]?.load();
    define?.(command as Command, cli);
    addUsageHint(command);
  });
}

/** After an error in the arguments, says how the command is used. `help COMMAND` is left out: it cannot load a command. */
function addUsageHint(command: CommandUnknownOpts): void {
  const path = pathOf(command);
  command.helpCommand(false);
  command.showHelpAfterError(
    `\nUsage: ${path} ${command.usage()}\nRun \`${path} --help\` for options and examples.`,
  );
  for (const each of command.commands) addUsageHint(each);
}

function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Commander's `error: unknown option '--x'` as `Unknown option '--x'.` */
function sentence(text: string): string {
  const [first = '', ...rest] = text.replace(/^error: /, '').split('\n');
  const ended = /[.:?!]$/.test(first) ? first : `${first}.`;
  return [ended.charAt(0).toUpperCase() + ended.slice(1), ...rest].join('\n');
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
