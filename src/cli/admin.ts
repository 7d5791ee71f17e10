// What an operator does at the machine, for example before there is an administrator: `npm run admin -- grant ADMIN
// jane@example.com`. On the embedded PostgreSQL it works while the server is stopped.
import { ConfigError, readConfig } from '../config/config.ts';
import { openDatabase } from '../persistence/database.ts';
import { EmbeddedPostgresError } from '../persistence/embedded-postgres/start.ts';
import { DatabaseUnreachableError, NotMigratedError, requireMigrated } from '../persistence/migrations.ts';
import { openOrm } from '../persistence/orm.ts';
import { type Action, AdminError, type Command, oneOf, UsageError } from './admin/command.ts';
import { grant, withdraw } from './admin/role.ts';
import { tenant } from './admin/tenant.ts';
import { unlock } from './admin/unlock.ts';

const COMMANDS: Readonly<Record<'grant' | 'withdraw' | 'unlock' | 'tenant', Command>> = {
  grant,
  withdraw,
  unlock,
  tenant,
};

const USAGE = `Usage:\n${Object.entries(COMMANDS)
  .map(([name, { usage }]) => `  npm run admin -- ${name} ${usage}\n`)
  .join('')}`;

function readAction([name, ...args]: string[]): Action {
  if (name === undefined) throw new UsageError('The command is missing.');
  return COMMANDS[oneOf('The command', COMMANDS, name)].read(args);
}

async function main(): Promise<void> {
  const action = readAction(process.argv.slice(2));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const database = await openDatabase(readConfig(process.env), say, () => {});
  const orm = await openOrm(database.url);
  try {
    await requireMigrated(orm, database.url);
    say(await action(orm.em.fork()));
  } finally {
    await orm.close();
    await database.stop();
  }
}

/** What an operator can mend: told in a sentence, without a stack. */
const EXPECTED = [
  AdminError,
  ConfigError,
  EmbeddedPostgresError,
  DatabaseUnreachableError,
  NotMigratedError,
] as const;

await main().catch((error: unknown) => {
  if (!(error instanceof Error) || !EXPECTED.some((kind) => error instanceof kind)) throw error;
  process.stderr.write(`${error.message}\n${error instanceof UsageError ? USAGE : ''}`);
  process.exitCode = 1;
});
