// What `import-users` and `export-users` have in common: how their arguments are read, whose users they are about, and how
// they end. Exit code 2: nothing could be done.
import type { ParseArgsOptionsConfig } from 'node:util';
import { tenantId } from '../graphql/input.ts';
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { UnknownKeyError } from '../platform/key-ring.ts';
import { type FileFormat, formatOf } from '../users/files/formats.ts';
import { readWords } from './arguments.ts';
import { DATABASE_MISTAKES } from './on-database.ts';
import { answered, CommandError, type Output, UsageError } from './run-command.ts';

export const TENANT_OPTION = { type: 'string', default: DEFAULT_TENANT } as const;

/** @throws {UsageError} unless there is one file and every option is known. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
) {
  const { words, values } = readWords(args, ['FILE'], options, () => 'Name one file at a time.');
  return { file: words[0], values };
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

/** @param others errors of the command's own that are told by their message. @returns the exit code. */
export function answeredOnUsers(
  output: Output,
  usage: string,
  others: readonly (abstract new (...args: never[]) => Error)[],
  perform: () => Promise<number>,
): Promise<number> {
  return answered(output, usage, [UnknownKeyError, ...DATABASE_MISTAKES, ...others], () =>
    perform().catch((error: unknown) => {
      // A file that is not there, or cannot be written.
      const isOfFiles = error instanceof Error && 'syscall' in error && 'path' in error;
      throw isOfFiles ? new CommandError(error.message) : error;
    }),
  );
}
