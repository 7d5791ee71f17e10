// `tenant acme --second-factor REQUIRED --passwords NIST`: shows or changes a tenant's policy. Changes take effect
// immediately: running servers read the policy at each step.
import { tenantId } from '../../graphql/input.ts';
import { addAudit } from '../../persistence/audit.ts';
import { passwordSettingsOf } from '../../persistence/entities/tenant.ts';
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';
import { Conflict, UnitOfWork } from '../../persistence/unit-of-work.ts';
import { systemClock } from '../../platform/clock.ts';
import { readWords } from '../arguments.ts';
import { CommandError, UsageError } from '../run-command.ts';
import { type Command, OPERATOR } from './command.ts';
import { POLICY_OPTIONS, POLICY_USAGE, type PolicyColumns, readPolicy } from './tenant-policy.ts';

const OPTIONS = { ...POLICY_OPTIONS, create: { type: 'boolean' } } as const;

type PolicyChange = Partial<PolicyColumns>;

export const tenant: Command = {
  usage: ['NAME [--create]', ...POLICY_USAGE].join('\n      '),
  read(args) {
    const { words: names, values } = readWords(args, ['NAME'], OPTIONS);
    const name = tenantId.safeParse(names[0]);
    if (!name.success) throw new UsageError(name.error.issues.map(({ message }) => message).join(' '));
    const { create, ...policy } = values;
    const change = readPolicy(policy);
    return async (em) => {
      if (create) await createTenant(em, name.data, change);
      else if (Object.keys(change).length > 0) await changeTenant(em, name.data, change);
      return describeTenant(em, name.data);
    };
  },
};

async function createTenant(em: EntityManager, id: string, change: PolicyChange): Promise<void> {
  const now = systemClock.now();
  const unitOfWork = new UnitOfWork();
  unitOfWork.requireWrite((sql) =>
    sql
      .insertInto('tenant')
      .values({ id, created_at: now, ...change })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id'),
  );
  addAudit(
    unitOfWork,
    { type: 'tenant.created', tenantId: id, userId: null, sessionId: null },
    OPERATOR,
    now,
  );
  await unitOfWork.commit(em).catch((error: unknown) => {
    if (!(error instanceof Conflict)) throw error;
    throw new CommandError(`Tenant ${id} already exists. Omit --create to change it.`);
  });
}

async function changeTenant(em: EntityManager, id: string, change: PolicyChange): Promise<void> {
  const unitOfWork = new UnitOfWork();
  unitOfWork.requireWrite((sql) =>
    sql.updateTable('tenant').set(change).where('id', '=', id).returning('id'),
  );
  addAudit(
    unitOfWork,
    { type: 'tenant.changed', tenantId: id, userId: null, sessionId: null },
    OPERATOR,
    systemClock.now(),
  );
  await unitOfWork.commit(em).catch((error: unknown) => {
    throw error instanceof Conflict ? noSuchTenant(id) : error;
  });
}

async function describeTenant(em: EntityManager, id: string): Promise<string> {
  const found = await sqlOf(em).selectFrom('tenant').selectAll().where('id', '=', id).executeTakeFirst();
  if (found === undefined) throw noSuchTenant(id);
  const { minimumLength, minimumLengthAlone, strength, characters } = passwordSettingsOf(found);
  return [
    `Tenant ${id}: second factor ${found.second_factor}, text messages ${found.sms}.`,
    `AAL2 lasts ${found.second_factor_seconds} seconds, or ${found.second_factor_idle_seconds} seconds without activity.`,
    `Passwords: ${minimumLength} characters where a second factor is required, ${minimumLengthAlone} otherwise; strength ${strength}; characters ${characters.join(',') || 'NONE'}.`,
  ].join('\n');
}

function noSuchTenant(id: string): CommandError {
  return new CommandError(`Tenant ${id} does not exist. Add --create to create it.`);
}
