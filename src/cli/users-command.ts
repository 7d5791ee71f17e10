// What the import and the export of users share: tenant, file format, and error handling.
import { tenantId } from '../graphql/input.ts';
import { type FileFormat, formatOf } from '../import/files/formats.ts';
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { readWord } from './read-word.ts';
import { CommandError, UsageError } from './run-command.ts';

export const TENANT_OPTION = ['--tenant <NAME>', 'the tenant of the users', DEFAULT_TENANT] as const;

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
  const id = readWord(tenantId, name);
  const row = await sqlOf(em).selectFrom('tenant').select('id').where('id', '=', id).executeTakeFirst();
  if (row === undefined) {
    throw new CommandError(
      `Tenant ${id} does not exist. Create it with \`npm run admin -- tenant ${id} --create\`.`,
    );
  }
  return id;
}

/** A file that does not exist or cannot be written is the operator's to fix. @throws {CommandError} */
export async function withFileErrors<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    const isOfFiles = error instanceof Error && 'syscall' in error && 'path' in error;
    throw isOfFiles ? new CommandError(error.message) : error;
  });
}
