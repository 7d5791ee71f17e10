// Administration from the command line, for example to appoint the first administrator: `npm run admin -- grant ADMIN
// jane@example.com`. With the embedded PostgreSQL, stop the server first.
import { type Action, type Command, oneOf } from './admin/command.ts';
import { grant, withdraw } from './admin/role.ts';
import { tenant } from './admin/tenant.ts';
import { unlock } from './admin/unlock.ts';
import { onDatabase } from './on-database.ts';
import { answered, type Output, UsageError } from './run-command.ts';

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
  if (name === undefined) throw new UsageError('Missing command.');
  return COMMANDS[oneOf('COMMAND', COMMANDS, name)].read(args);
}

/** @returns the exit code. */
export async function admin(args: string[], output: Output = process): Promise<number> {
  const say = (line: string): void => void output.stdout.write(`${line}\n`);
  return answered(output, USAGE, async () => {
    const action = readAction(args);
    await onDatabase(say, async ({ orm }) => say(await action(orm.em.fork())));
    return 0;
  });
}

if (import.meta.main) process.exitCode = await admin(process.argv.slice(2));
