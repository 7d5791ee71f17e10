// Finds or makes the account of a user who has signed in at an identity provider: by the identity (L1); else by the address,
// if the provider's claim counts as a proof and the owner here has proved it too (L2, L3); else a new one, where the
// provider may be used to sign up. Otherwise the refusal does not depend on which accounts exist.

import { ProviderSignUp } from '../../config/provider-settings.ts';
import { STILL_CAPTURES } from '../../domains/captures.ts';
import { IdentityNotLinked } from '../../factors/oauth/errors.ts';
import { identityRow, newIdentity } from '../../factors/oauth/identity.ts';
import { mayBeLinked } from '../../factors/oauth/link-rule.ts';
import type { ProvenIdentity } from '../../factors/oauth/proven-identity.ts';
import { addAudit, byAnonymous } from '../../persistence/audit.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { randomId } from '../../platform/random.ts';
import { ProviderRequired } from '../errors.ts';
import { accountAtProvider, accountOfAddress, type IdentifiedAccount, subjectOf } from '../identify.ts';
import { insertUser, newAccount } from '../new-account.ts';
import type { StepServices } from './services.ts';
import type { Step } from './step.ts';

/** @throws {IdentityNotLinked} @throws {ProviderRequired} */
export async function identifyAtProvider(
  services: StepServices,
  step: Step,
  proven: ProvenIdentity,
): Promise<IdentifiedAccount> {
  const { caller, row } = step;
  const sql = sqlOf(caller.em);
  const within = { tenantId: row.tenantId, deviceToken: caller.deviceToken };
  const linked = await accountAtProvider(sql, { ...within, ...proven });
  if (linked !== null) return linked;
  const { mailbox, standing } = proven;
  if (standing.is === 'ELSEWHERE') throw new ProviderRequired();
  if (standing.is === 'OUTSIDE') throw new IdentityNotLinked();
  const owner = mailbox && (await accountOfAddress(sql, { ...within, address: mailbox.address }));
  if (owner === null) return signUp(services, step, proven);
  if (!mayBeLinked(proven, owner.account)) throw new IdentityNotLinked();
  return owner;
}

/** The account is written with the step that accepts the proof. */
async function signUp(
  { factors, ring }: StepServices,
  { row, caller, unitOfWork, now }: Step,
  proven: ProvenIdentity,
): Promise<IdentifiedAccount> {
  const { mailbox } = proven;
  const { signUp: mode = ProviderSignUp.NEVER } =
    factors.providers.find(row.tenantId, proven.providerId)?.settings ?? {};
  const isAllowed = mode === ProviderSignUp.ALWAYS || (mode === ProviderSignUp.ADDRESS && mailbox !== null);
  if (!isAllowed) throw new IdentityNotLinked();
  const tenant = await sqlOf(caller.em)
    .selectFrom('tenant')
    .selectAll()
    .where('id', '=', row.tenantId)
    .executeTakeFirstOrThrow();
  const identity = newIdentity(ring, proven);
  const { id, providerId, issuer, subject, capture } = identity;
  const account = newAccount(tenant, {
    name: proven.name,
    locale: caller.locale,
    email: mailbox && {
      id: randomId(),
      ...mailbox,
      verified: true,
      enrolledAt: now.toISOString(),
      owner: null,
    },
    capture,
    identities: [{ id, providerId, issuer, subject, linkedAt: null }],
  });
  insertUser(unitOfWork, account, now, now);
  if (capture !== null) unitOfWork.requireWrite(STILL_CAPTURES({ tenantId: row.tenantId, ...capture }));
  unitOfWork.insert('identity', identityRow(identity, account, now, now));
  const subjectOfAudit = {
    tenantId: row.tenantId,
    userId: account.id,
    sessionId: null,
    factor: 'OAUTH',
  } as const;
  addAudit(unitOfWork, { type: 'identity.signed-up', ...subjectOfAudit }, byAnonymous(caller.client), now);
  return { account, deviceId: null, subject: subjectOf(account, null) };
}
