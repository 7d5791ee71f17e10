// `stepgate users delete jane@example.com` and `users cancel-deletion`: do for a user what `deleteAccount` and
// `cancelDeletion` do. A running server erases the account when its time has come.
import { z } from 'zod';
import { configuredTransports } from '../delivery/configured-transports.ts';
import { openGeoIp } from '../delivery/geoip.ts';
import { Outbox } from '../delivery/outbox.ts';
import { byOperator } from '../persistence/audit.ts';
import type { EntityManager } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { createLog } from '../platform/log.ts';
import { UserError } from '../platform/user-error.ts';
import {
  type AccountChange,
  cancelDeletion,
  LastAdministrator,
  scheduleDeletion,
} from '../users/deletion.ts';
import { ownerOf, readEmail } from './admin/owner.ts';
import { afterHelp } from './help.ts';
import { onDatabase } from './on-database.ts';
import { type Cli, type Define, RefusedError } from './run-command.ts';
import { requireTenant, TENANT_OPTION } from './users-command.ts';

const WHO = ['<USER>', 'an email address that the user has verified, or the id of the user'] as const;

export const deleteUser: Define = (command, cli) => {
  command
    .argument(...WHO)
    .option(...TENANT_OPTION)
    .option('--now', 'erase the account at once; nobody can cancel that')
    .addHelpText(
      'after',
      afterHelp({
        examples: ['stepgate users delete jane@example.com', 'stepgate users delete jane@example.com --now'],
        unmet: 'the user does not exist, or is the last administrator of the tenant',
      }),
    )
    .action(
      cli.action(async (who, { tenant, now = false }) => {
        const found = await change(cli, who, tenant, (outbox, account) =>
          now ? scheduleDeletion(outbox, account, 0) : scheduleDeletion(outbox, account),
        );
        cli.say(
          now
            ? `All sessions of ${who} have ended. A running server erases the account within the next minutes.`
            : `All sessions of ${who} have ended. The account will be erased after ${found.scheduledFor.toISOString()}. Until then, the user can cancel that, and so can you: stepgate users cancel-deletion ${who}`,
        );
        return 0;
      }),
    );
};

export const cancelDeletionOfUser: Define = (command, cli) => {
  command
    .argument(...WHO)
    .option(...TENANT_OPTION)
    .addHelpText(
      'after',
      afterHelp({
        examples: ['stepgate users cancel-deletion jane@example.com'],
        unmet: 'the user does not exist, or is being erased',
      }),
    )
    .action(
      cli.action(async (who, { tenant }) => {
        await change(cli, who, tenant, async (outbox, account) =>
          (await cancelDeletion(outbox, account)) ? true : null,
        );
        cli.say(`The account of ${who} will not be deleted.`);
        return 0;
      }),
    );
};

/** @param work returns null when there is no such user. @throws {RefusedError} */
function change<T>(
  cli: Cli,
  who: string,
  tenant: string,
  work: (outbox: Outbox, account: AccountChange) => Promise<T | null>,
): Promise<T> {
  const isId = z.uuid().safeParse(who).success;
  const email = isId ? null : readEmail(who);
  return onDatabase(cli, async ({ config, orm }) => {
    const em = orm.em.fork();
    const tenantId = await requireTenant(em, tenant);
    const userId = email === null ? who.toLowerCase() : (await ownerOf(em, email, tenantId)).id;
    const outbox = new Outbox({
      ring: new KeyRing(config.secretKeys),
      transports: await configuredTransports(config),
      geoip: await openGeoIp(config.geoipDatabase),
      log: createLog('silent'),
    });
    const done = await work(outbox, accountOf(em, tenantId, userId)).catch((error: unknown) => {
      throw error instanceof UserError ? new RefusedError(reasonOf(error)) : error;
    });
    if (done === null) throw new RefusedError(`Tenant ${tenantId} has no user ${who}.`);
    return done;
  });
}

function accountOf(em: EntityManager, tenantId: string, userId: string): AccountChange {
  const actor = byOperator('users');
  return { em, tenantId, userId, sessionId: null, actor, now: systemClock.now() };
}

function reasonOf(error: UserError): string {
  return error instanceof LastAdministrator
    ? 'This user is the only administrator of the tenant. Appoint another one first: stepgate admin grant ADMIN EMAIL'
    : 'This account is being erased. That cannot be cancelled.';
}
