// What `import-users` and `export-users` have in common: how their arguments are read, whose users they are about, and how
// they end. Exit code 2: nothing could be done.
import type { ParseArgsOptionsConfig } from 'node:util';
import { tenantId } from '../graphql/input.ts';
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { UnknownKeyError } from '../platform/key-ring.ts';
import { type FileFormat, formatOf } from '../users/files/formats.ts';
import { parseArguments } from './arguments.ts';
import { CommandError, UsageError } from './command-error.ts';
import { isExpected } from './on-database.ts';

export const TENANT_OPTION = { type: 'string', default: DEFAULT_TENANT } as const;

/** @throws {UsageError} unless there is one file and every option is known. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
) {
  const { positionals, values } = parseArguments(args, options, (message) => new UsageError(message));
  const [file, ...others] = positionals;
  if (file === undefined) throw new UsageError('FILE is missing.');
  if (others.length > 0) throw new UsageError('Name one file at a time.');
  return { file, values };
}

/** The one that is said, or the one of the file's name. @throws {UsageError} */
export function readFormat<Format extends FileFormat>(
  file: string,
  said: string | undefined,
  possible: readonly Format[],
): Format {
  const format = said ?? formatOf(file);
  const known = possible.find((one) => one === format);
  if (known !== undefined) return known;
  throw new UsageError(
    format === null
      ? `The name of the file does not say how it is written: give --format ${possible.join('|')}.`
      : `The format here is ${possible.join(' or ')}, not ${format}.`,
  );
}

/** @throws {CommandError} when there is no such tenant. */
export async function requireTenant(em: EntityManager, name: string): Promise<string> {
  const { data, error } = tenantId.safeParse(name);
  if (data === undefined) throw new UsageError(error.issues.map(({ message }) => message).join(' '));
  const row = await sqlOf(em).selectFrom('tenant').select('id').where('id', '=', data).executeTakeFirst();
  if (row === undefined) {
    throw new CommandError(
      `There is no tenant ${data}. \`npm run admin -- tenant ${data} --create\` makes it.`,
    );
  }
  return data;
}

/** Where the answers and the complaints go. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** @param others errors of the command's own that are told by their message. @returns the exit code. */
export async function answered(
  { stderr }: Output,
  usage: string,
  others: readonly (abstract new (...args: never[]) => Error)[],
  perform: () => Promise<number>,
): Promise<number> {
  try {
    return await perform();
  } catch (error) {
    const isOurs = [CommandError, UnknownKeyError, ...others].some((kind) => error instanceof kind);
    const isOfFiles = error instanceof Error && 'syscall' in error && 'path' in error;
    if (!(error instanceof Error) || !(isOurs || isOfFiles || isExpected(error))) throw error;
    stderr.write(`${error.message}\n${error instanceof UsageError ? `\n${usage}` : ''}`);
    return 2;
  }
}
