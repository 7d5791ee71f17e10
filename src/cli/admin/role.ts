// `admin grant ADMIN jane@example.com` and `admin withdraw`. This is how you appoint the first administrator.
import { addAudit } from '../../persistence/audit.ts';
import { Role } from '../../persistence/entities/user.ts';
import { jsonb } from '../../persistence/jsonb.ts';
import type { EntityManager } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { systemClock } from '../../platform/clock.ts';
import { afterHelp } from '../help.ts';
import type { Define } from '../run-command.ts';
import { adminAction, NOT_FOUND, OPERATOR, TENANT_OPTION } from './command.ts';
import { ownerOf, readEmail } from './owner.ts';

export const grant = roleCommand(true);
export const withdraw = roleCommand(false);

function roleCommand(isGrant: boolean): Define {
  return (command, cli) => {
    command
      .addArgument(command.createArgument('<ROLE>', 'the role').choices(Object.values(Role)))
      .argument('<EMAIL>', 'an email address that the user has verified')
      .option(...TENANT_OPTION)
      .addHelpText(
        'after',
        afterHelp({
          examples: [`stepgate admin ${command.name()} ADMIN jane@example.com`],
          unmet: NOT_FOUND,
        }),
      )
      .action(
        adminAction(cli, (role, address, { tenant: tenantId }) => {
          const email = readEmail(address);
          return async (em) => {
            await changeRole(em, { isGrant, role, email, tenantId });
            return `${email} ${isGrant ? 'is now' : 'is no longer'} ${role}.`;
          };
        }),
      );
  };
}

interface RoleChange {
  readonly isGrant: boolean;
  readonly role: Role;
  readonly email: string;
  readonly tenantId: string;
}

async function changeRole(em: EntityManager, { isGrant, role, email, tenantId }: RoleChange): Promise<void> {
  const { id: userId, roles } = await ownerOf(em, email, tenantId);
  const others = roles.filter((one) => one !== role);
  const unitOfWork = new UnitOfWork();
  unitOfWork.write((sql) =>
    sql
      .updateTable('user_account')
      .set({ roles: jsonb(isGrant ? [...others, role] : others) })
      .where('id', '=', userId),
  );
  const type = isGrant ? 'role.granted' : 'role.withdrawn';
  addAudit(unitOfWork, { type, tenantId, userId, sessionId: null }, OPERATOR, systemClock.now());
  await unitOfWork.commit(em);
}
