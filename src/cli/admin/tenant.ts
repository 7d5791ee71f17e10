// `tenant acme --second-factor REQUIRED --sms OFF`: shows a tenant's policy, or changes it. Running servers follow at
// once, because they read the policy with each step.
import { tenantId } from '../../graphql/input.ts';
import { addAudit } from '../../persistence/audit.ts';
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';
import { Conflict, Settlement } from '../../persistence/settlement.ts';
import { systemClock } from '../../platform/clock.ts';
import { DEFAULT_PASSWORD_POLICY } from '../../policy/password-policy.ts';
import { SecondFactorPolicy } from '../../policy/required-factors.ts';
import { SmsUse } from '../../policy/sms.ts';
import { AdminError, type Command, OPERATOR, oneOf, readWords, UsageError } from './command.ts';

const OPTIONS = {
  'second-factor': { type: 'string' },
  sms: { type: 'string' },
  create: { type: 'boolean' },
} as const;

interface PolicyChange {
  readonly second_factor?: SecondFactorPolicy;
  readonly sms?: SmsUse;
}

export const tenant: Command = {
  usage: `NAME [--second-factor ${words(SecondFactorPolicy)}] [--sms ${words(SmsUse)}] [--create]`,
  read(args) {
    const { words: names, values } = readWords(args, ['NAME'], OPTIONS);
    const name = tenantId.safeParse(names[0]);
    if (!name.success) throw new UsageError(name.error.issues.map(({ message }) => message).join(' '));
    const { 'second-factor': secondFactor, sms, create } = values;
    const change: PolicyChange = {
      ...(secondFactor === undefined
        ? {}
        : { second_factor: oneOf('--second-factor', SecondFactorPolicy, secondFactor) }),
      ...(sms === undefined ? {} : { sms: oneOf('--sms', SmsUse, sms) }),
    };
    return async (em) => {
      if (create) await createTenant(em, name.data, change);
      else if (Object.keys(change).length > 0) await changeTenant(em, name.data, change);
      return describeTenant(em, name.data);
    };
  },
};

function words(them: object): string {
  return Object.keys(them).join('|');
}

async function createTenant(em: EntityManager, id: string, change: PolicyChange): Promise<void> {
  const now = systemClock.now();
  const row = {
    id,
    second_factor: SecondFactorPolicy.OPTIONAL,
    sms: SmsUse.SECOND_FACTOR,
    password_minimum_length: DEFAULT_PASSWORD_POLICY.minimumLength,
    created_at: now,
    ...change,
  };
  const settlement = new Settlement();
  settlement.requireWrite((sql) =>
    sql
      .insertInto('tenant')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returning('id'),
  );
  addAudit(
    settlement,
    { type: 'tenant.created', tenantId: id, userId: null, sessionId: null },
    OPERATOR,
    now,
  );
  await settlement.commit(em).catch((error: unknown) => {
    if (!(error instanceof Conflict)) throw error;
    throw new AdminError(`There is a tenant ${id} already. Leave out --create to change it.`);
  });
}

async function changeTenant(em: EntityManager, id: string, change: PolicyChange): Promise<void> {
  const settlement = new Settlement();
  settlement.requireWrite((sql) =>
    sql.updateTable('tenant').set(change).where('id', '=', id).returning('id'),
  );
  addAudit(
    settlement,
    { type: 'tenant.changed', tenantId: id, userId: null, sessionId: null },
    OPERATOR,
    systemClock.now(),
  );
  await settlement.commit(em).catch((error: unknown) => {
    throw error instanceof Conflict ? noSuchTenant(id) : error;
  });
}

async function describeTenant(em: EntityManager, id: string): Promise<string> {
  const found = await sqlOf(em).selectFrom('tenant').selectAll().where('id', '=', id).executeTakeFirst();
  if (found === undefined) throw noSuchTenant(id);
  return `Tenant ${id}: second factor ${found.second_factor}, text messages ${found.sms}.`;
}

function noSuchTenant(id: string): AdminError {
  return new AdminError(`There is no tenant ${id}. Add --create to make it.`);
}
