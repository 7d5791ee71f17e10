// `admin tenant acme --second-factor REQUIRED --passwords NIST`: shows or changes a tenant's policy. Changes take effect
// immediately: running servers read the policy at each step.
import { tenantId } from '../../graphql/input.ts';
import { addAudit } from '../../persistence/audit.ts';
import { passwordSettingsOf } from '../../persistence/entities/tenant.ts';
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';
import { Conflict, UnitOfWork } from '../../persistence/unit-of-work.ts';
import { systemClock } from '../../platform/clock.ts';
import { afterHelp } from '../help.ts';
import { readWord } from '../read-word.ts';
import { type Define, RefusedError } from '../run-command.ts';
import { adminAction, OPERATOR } from './command.ts';
import { type PolicyColumns, readPolicy, withPolicyOptions } from './tenant-policy.ts';

type PolicyChange = Partial<PolicyColumns>;

export const tenant: Define = (command, cli) => {
  withPolicyOptions(command.argument('<NAME>', 'the tenant').option('--create', 'create the tenant first'))
    .addHelpText(
      'after',
      afterHelp({
        examples: [
          'stepgate admin tenant acme',
          'stepgate admin tenant acme --create --second-factor REQUIRED --sms OFF',
          'stepgate admin tenant default --passwords NIST --password-length 12',
        ],
        unmet: 'the tenant does not exist, or with --create, it exists already',
      }),
    )
    .action(
      adminAction(cli, (word, { create, ...policy }) => {
        const name = readWord(tenantId, word);
        const change = readPolicy(policy);
        return async (em) => {
          if (create) await createTenant(em, name, change);
          else if (Object.keys(change).length > 0) await changeTenant(em, name, change);
          return describeTenant(em, name);
        };
      }),
    );
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
    throw new RefusedError(`Tenant ${id} already exists. Omit --create to change it.`);
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
    `Password: ${found.password_use}. Models of passkeys: ${found.passkey_models?.join(',') ?? 'ANY'}.`,
    `AAL2 lasts ${found.second_factor_seconds} seconds, or ${found.second_factor_idle_seconds} seconds without activity.`,
    `Passwords: ${minimumLength} characters where a second factor is required, ${minimumLengthAlone} otherwise; strength ${strength}; characters ${characters.join(',') || 'NONE'}.`,
  ].join('\n');
}

function noSuchTenant(id: string): RefusedError {
  return new RefusedError(`Tenant ${id} does not exist. Add --create to create it.`);
}
