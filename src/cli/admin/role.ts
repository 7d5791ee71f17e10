// `grant ADMIN jane@example.com` and `withdraw`. This is how you appoint the first administrator.
import { addAudit } from '../../persistence/audit.ts';
import { Role } from '../../persistence/entities/user.ts';
import { jsonb } from '../../persistence/jsonb.ts';
import type { EntityManager } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { systemClock } from '../../platform/clock.ts';
import { readWords } from '../arguments.ts';
import { type Command, OPERATOR, oneOf, TENANT_OPTION } from './command.ts';
import { ownerOf, readEmail } from './owner.ts';

export const grant: Command = roleCommand(true);
export const withdraw: Command = roleCommand(false);

function roleCommand(isGrant: boolean): Command {
  return {
    usage: `${Object.keys(Role).join('|')} EMAIL [--tenant NAME]`,
    read(args) {
      const { words, values } = readWords(args, ['ROLE', 'EMAIL'], TENANT_OPTION);
      const [word, address] = words;
      const role = oneOf('ROLE', Role, word);
      const email = readEmail(address);
      return async (em) => {
        await changeRole(em, { isGrant, role, email, tenantId: values.tenant });
        return `${email} ${isGrant ? 'is now' : 'is no longer'} ${role}.`;
      };
    },
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
