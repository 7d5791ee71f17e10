// What the admin commands share: arguments are checked before the database is opened, and each change is recorded in the
// audit log as made by an operator.
import { byOperator } from '../../persistence/audit.ts';
import { DEFAULT_TENANT } from '../../persistence/entities/tenant.ts';
import type { EntityManager } from '../../persistence/orm.ts';
import { onDatabase } from '../on-database.ts';
import type { Cli } from '../run-command.ts';

/** The actor in the audit log. */
export const OPERATOR = byOperator('admin');

export const TENANT_OPTION = ['--tenant <NAME>', 'the tenant of the user', DEFAULT_TENANT] as const;

export const NOT_FOUND = 'the user or the tenant does not exist';

/** An action that prints what it did. @param read checks the arguments. @throws {UsageError} @throws {RefusedError} */
export function adminAction<Args extends unknown[]>(
  cli: Cli,
  read: (...args: Args) => (em: EntityManager) => Promise<string>,
): (...args: Args) => Promise<void> {
  return cli.action(async (...args: Args) => {
    const work = read(...args);
    return await onDatabase(cli, async ({ orm }) => {
      cli.say(await work(orm.em.fork()));
      return 0;
    });
  });
}
