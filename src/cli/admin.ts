// What an operator does before there is an administrator: `npm run admin -- grant ADMIN jane@example.com`. On the
// embedded PostgreSQL it works while the server is stopped.
import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../config/config.ts';
import { addAudit } from '../persistence/audit.ts';
import { openDatabase } from '../persistence/database.ts';
import { EmbeddedPostgresError } from '../persistence/embedded-postgres/start.ts';
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import { Role } from '../persistence/entities/user.ts';
import { jsonb } from '../persistence/jsonb.ts';
import { type EntityManager, openOrm, sqlOf } from '../persistence/orm.ts';
import { Settlement } from '../persistence/settlement.ts';
import { systemClock } from '../platform/clock.ts';

const USAGE = `Usage: npm run admin -- grant|withdraw ${Object.keys(Role).join('|')} EMAIL [--tenant NAME]\n`;

interface Command {
  readonly grant: boolean;
  readonly role: Role;
  readonly email: string;
  readonly tenantId: string;
}

function readCommand(args: string[]): Command | null {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: { tenant: { type: 'string', default: DEFAULT_TENANT } },
    });
    const [action, role, email] = positionals;
    if (action !== 'grant' && action !== 'withdraw') return null;
    if (role === undefined || !Object.hasOwn(Role, role) || email === undefined) return null;
    return {
      grant: action === 'grant',
      role: role as Role,
      email: email.toLowerCase(),
      tenantId: values.tenant,
    };
  } catch {
    return null; // an option that there is not
  }
}

/** False when nobody has proved this address. */
async function changeRole(em: EntityManager, { grant, role, email, tenantId }: Command): Promise<boolean> {
  const user = await sqlOf(em)
    .selectFrom('email_address as e')
    .innerJoin('user_account as u', 'u.id', 'e.user_id')
    .select(['u.id', 'u.roles'])
    .where('e.tenant_id', '=', tenantId)
    .where('e.address', '=', email)
    .where('e.verified_at', 'is not', null)
    .executeTakeFirst();
  if (user === undefined) return false;
  const others = user.roles.filter((one) => one !== role);
  const settlement = new Settlement();
  settlement.write((sql) =>
    sql
      .updateTable('user_account')
      .set({ roles: jsonb(grant ? [...others, role] : others) })
      .where('id', '=', user.id),
  );
  const type = grant ? 'role.granted' : 'role.withdrawn';
  const nowhere = { ip: null, userAgent: 'admin command' };
  addAudit(settlement, { type, tenantId, userId: user.id, sessionId: null }, nowhere, systemClock.now());
  await settlement.commit(em);
  return true;
}

async function main(): Promise<string | null> {
  const command = readCommand(process.argv.slice(2));
  if (command === null) return USAGE;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const database = await openDatabase(readConfig(process.env), say, () => {});
  const orm = await openOrm(database.url);
  try {
    const isDone = await changeRole(orm.em.fork(), command);
    if (!isDone) return `Nobody has proved the address ${command.email} in tenant ${command.tenantId}.\n`;
    say(`${command.email} ${command.grant ? 'is now' : 'is no longer'} ${command.role}.`);
    return null;
  } finally {
    await orm.close();
    await database.stop();
  }
}

const mistake = await main().catch((error: unknown) => {
  if (error instanceof ConfigError || error instanceof EmbeddedPostgresError) return `${error.message}\n`;
  throw error;
});
if (mistake !== null) {
  process.stderr.write(mistake);
  process.exitCode = 1;
}
