// What `import-users` and `export-users` share: arguments, tenant, and error handling. Exit code 2: the command could
// not run.
import type { ParseArgsOptionsConfig } from 'node:util';
import { tenantId } from '../graphql/input.ts';
import { type FileFormat, formatOf } from '../import/files/formats.ts';
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { readWords } from './arguments.ts';
import { answered, CommandError, type Output, UsageError } from './run-command.ts';

export const TENANT_OPTION = { type: 'string', default: DEFAULT_TENANT } as const;

/** @throws {UsageError} unless there is exactly one file and every option is known. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
) {
  const { words, values } = readWords(
    args,
    ['FILE'],
    options,
    () => 'Too many arguments. Pass one file at a time.',
  );
  return { file: words[0], values };
}

/** The format in `said`, or else the one in the file's extension. @throws {UsageError} */
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
      ? `Cannot tell the format from the file name. Add --format ${possible.join('|')}.`
      : `Unsupported format: ${format}. Expected ${possible.join(' or ')}.`,
  );
}

/** @throws {CommandError} when the tenant does not exist. */
export async function requireTenant(em: EntityManager, name: string): Promise<string> {
  const { data, error } = tenantId.safeParse(name);
  if (data === undefined) throw new UsageError(error.issues.map(({ message }) => message).join(' '));
  const row = await sqlOf(em).selectFrom('tenant').select('id').where('id', '=', data).executeTakeFirst();
  if (row === undefined) {
    throw new CommandError(
      `Tenant ${data} does not exist. Create it with \`npm run admin -- tenant ${data} --create\`.`,
    );
  }
  return data;
}

/** @returns the exit code. */
export function answeredOnUsers(
  output: Output,
  usage: string,
  perform: () => Promise<number>,
): Promise<number> {
  return answered(output, usage, () =>
    perform().catch((error: unknown) => {
      // A file that does not exist or cannot be written.
      const isOfFiles = error instanceof Error && 'syscall' in error && 'path' in error;
      throw isOfFiles ? new CommandError(error.message) : error;
    }),
  );
}
