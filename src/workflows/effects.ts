// Performs the effects that a chart asked for: each adds its writes to the step's settlement. Nothing is sent or
// visible before that commits.
import { sql as raw } from 'kysely';
import type { Message } from '../delivery/message.ts';
import { addNotice } from '../delivery/notices.ts';
import type { Outbox } from '../delivery/outbox.ts';
import { type Account, hasSecondFactor, lockUser } from '../factors/account.ts';
import { deleteBackupCodes, newBackupCodes } from '../factors/backup-codes/backup-code.ts';
import type { FactorEnrollment } from '../factors/factor.ts';
import { type NewPassword, setPassword } from '../factors/password/change.ts';
import type { FactorRegistry } from '../factors/registry.ts';
import type { Settlement } from '../persistence/settlement.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import { type Evidence, withEvidence } from '../policy/evidence.ts';
import { FactorKind } from '../policy/factor-kind.ts';
import type { Device } from '../sessions/device.ts';
import { evidenceWith } from '../sessions/evidence-in-sql.ts';
import type { Client, Grants, UnsignedGrant } from '../sessions/grants.ts';
import { grantOperation } from '../sessions/operation-grant.ts';
import type { PresentedSession } from '../sessions/presented.ts';
import type { ChartName } from './charts.ts';
import type { Effect } from './effect.ts';
import type { OutstandingChallenge } from './reply.ts';

export interface EffectServices {
  readonly ring: KeyRing;
  readonly factors: FactorRegistry;
  readonly outbox: Outbox;
  readonly grants: Grants;
}

/** One step, as its effects see it. */
export interface Step {
  readonly workflowId: string;
  readonly name: ChartName;
  readonly account: Account | null;
  /** The session that the workflow belongs to. */
  readonly session: PresentedSession | null;
  readonly client: Client;
  readonly device: Device;
  /** Where a challenge of this step goes, masked, for somebody who may know. */
  readonly hint: string | null;
  /** The operation that a step-up is bound to. */
  readonly operation: BoundTo | null;
  /** The password that was chosen in this step. */
  readonly newPassword: NewPassword | null;
  readonly now: Date;
  readonly settlement: Settlement;
}

/** One operation with its arguments. */
export interface BoundTo {
  /** Keyed. */
  readonly digest: string;
  /** What it does, in words that the user is shown. */
  readonly approves: string;
}

/** What a step's effects leave for its reply. Secrets among it are shown once and stored nowhere. */
export interface Outcome {
  readonly challenge?: OutstandingChallenge;
  /** The message that goes out with the challenge. */
  readonly sends?: Message;
  readonly grant?: UnsignedGrant;
  readonly backupCodes?: readonly string[];
  /** The authenticator whose enrollment began, as it is stored. */
  readonly enrolling?: { readonly id: string; readonly secret: string };
  /** The session of the workflow, after its evidence has grown. */
  readonly session?: PresentedSession;
  /** The authenticators that this step proves for the first time. */
  readonly confirmed?: readonly string[];
  /** The second factors that the user has from this step on. */
  readonly added?: readonly FactorKind[];
}

export function performEffects(services: EffectServices, step: Step, effects: readonly Effect[]): Outcome {
  return effects.reduce<Outcome>(
    (outcome, effect) => ({ ...outcome, ...perform(services, step, effect, outcome) }),
    {},
  );
}

function perform(services: EffectServices, step: Step, effect: Effect, outcome: Outcome): Outcome {
  switch (effect.type) {
    case 'sendChallenge':
      return sendChallenge(services, step, effect.params);
    case 'activateUser':
      return activateUser(step, accountOf(step));
    case 'tellOwner':
      return tellOwner(services, step, accountOf(step));
    case 'createAuthenticator':
      return createAuthenticator(services, step, effect.params);
    case 'confirmAuthenticator':
      return confirmAuthenticator(services, step, effect.params, outcome);
    case 'giveBackupCodes':
      return giveBackupCodes(services, step, outcome);
    case 'issueSession':
      return { grant: issueSession(services, step, effect.params.evidence, outcome) };
    case 'tellOfNewDevice':
      return tellOfNewDevice(services, step);
    case 'recordEvidence':
      return { session: recordEvidence(step, effect.params.evidence, outcome) };
    case 'grantOperation':
      return grantBoundOperation(step, effect.params);
    case 'renewTokens':
      return {
        grant: services.grants.renew(step.settlement, withAdded(sessionOf(step, outcome), outcome), step.now),
      };
    case 'setPassword':
      return choosePassword(services, step);
  }
}

/** A new challenge for the workflow; the old one of the same factor is void, and the attempts stay as they are. */
function sendChallenge(
  { factors, outbox }: EffectServices,
  step: Step,
  { factor: kind, authenticatorId }: Extract<Effect, { type: 'sendChallenge' }>['params'],
): Outcome {
  const { workflowId, name: purpose, account, client, hint, operation, now, settlement } = step;
  const factor = factors.get(kind);
  const challengeId = randomId();
  const prepared = factor?.prepare?.({
    workflowId,
    challengeId,
    account,
    authenticatorId,
    purpose,
    approves: operation?.approves ?? null,
    client,
    now,
  });
  if (factor === undefined || prepared === undefined) throw new Error(`${kind} has no challenge to send.`);
  const { digest, expiresAt, message } = prepared;
  outbox.withdraw(
    settlement,
    (sql) =>
      sql
        .selectFrom('challenge')
        .select('message_id')
        .where('workflow_id', '=', workflowId)
        .where('factor', '=', kind)
        .$asScalar(),
    now,
  );
  const messageId = outbox.add(settlement, message, now, expiresAt);
  const sent = {
    id: challengeId,
    message_id: messageId,
    code_digest: digest,
    authenticator_id: authenticatorId,
    hint,
    ip: client.ip,
    user_agent: client.userAgent,
    sent_at: now,
    expires_at: expiresAt,
    approved_at: null,
    consumed_at: null,
  };
  settlement.write((sql) =>
    sql
      .insertInto('challenge')
      .values({ ...sent, workflow_id: workflowId, factor: kind, times_sent: 1 })
      .onConflict((conflict) =>
        conflict
          .columns(['workflow_id', 'factor'])
          .doUpdateSet({ ...sent, times_sent: raw`challenge.times_sent + 1` }),
      ),
  );
  return {
    challenge: { factor: kind, hint, sentAt: now, expiresAt, approvedAt: null },
    sends: message,
  };
}

/** The address counts from now on, unless somebody else has proved it first: then the whole step is undone. */
function activateUser({ settlement, now }: Step, { id, email }: Account): Outcome {
  settlement.requireWrite((sql) =>
    sql
      .updateTable('email_address as mine')
      .set({ verified_at: now })
      .where('mine.id', '=', email?.id ?? null)
      .where((it) =>
        it.not(
          it.exists(
            it
              .selectFrom('email_address as other')
              .select('other.id')
              .whereRef('other.tenant_id', '=', 'mine.tenant_id')
              .whereRef('other.address', '=', 'mine.address')
              .where('other.verified_at', 'is not', null),
          ),
        ),
      )
      .returning('mine.id'),
  );
  settlement.write((sql) => sql.updateTable('user_account').set({ activated_at: now }).where('id', '=', id));
  return {};
}

/** In their own language, whatever that of the sign-up is. */
function tellOwner({ outbox }: EffectServices, { settlement, now }: Step, { email }: Account): Outcome {
  if (email === null || email.owner === null) throw new Error('Nobody owns this address.');
  const account = { email: { address: email.address, verified: true }, locale: email.owner.locale };
  addNotice(outbox, { account, settlement, now }, { name: 'already-registered' });
  return {};
}

function createAuthenticator(
  { factors }: EffectServices,
  step: Step,
  { factor, authenticatorId: id, label }: Extract<Effect, { type: 'createAuthenticator' }>['params'],
): Outcome {
  const { settlement, now } = step;
  const begun = enrollmentOf(factors, factor).begin(settlement, {
    id,
    userId: accountOf(step).id,
    label,
    now,
  });
  return begun === null ? {} : { enrolling: { id, secret: begun.secret } };
}

function confirmAuthenticator(
  { factors, outbox }: EffectServices,
  step: Step,
  {
    authenticatorId: id,
    factor,
    isSecondFactor,
  }: Extract<Effect, { type: 'confirmAuthenticator' }>['params'],
  { added = [], confirmed = [] }: Outcome,
): Outcome {
  const { settlement, now } = step;
  enrollmentOf(factors, factor).confirm(settlement, { id, isSecondFactor, now });
  addNotice(outbox, step, { name: 'factor-added', factor });
  return { confirmed: [...confirmed, id], ...(isSecondFactor ? { added: [...added, factor] } : {}) };
}

function enrollmentOf(factors: FactorRegistry, kind: FactorKind): FactorEnrollment {
  const enrollment = factors.get(kind)?.enrollment;
  if (enrollment === undefined) throw new Error(`${kind} cannot be enrolled.`);
  return enrollment;
}

/**
 * With the first second factor, and with no other: of two that are proved at the same moment, one waits for the other,
 * sees its factor, and is undone. Codes that are left over from before stood in for nothing, and are replaced.
 */
function giveBackupCodes(
  { ring }: EffectServices,
  { settlement, now, ...step }: Step,
  { added = [], confirmed = [] }: Outcome,
): Outcome {
  const { id } = accountOf(step);
  settlement.require(async (sql) => {
    await lockUser(sql, id);
    if (await hasSecondFactor(sql, id, confirmed)) return false;
    await deleteBackupCodes(sql, id);
    return true;
  });
  const { codes, rows } = newBackupCodes(ring, id, now);
  settlement.insert('backup_code', ...rows);
  return { backupCodes: codes, added: [...added, FactorKind.BACKUP_CODE] };
}

function issueSession(
  { grants, factors }: EffectServices,
  step: Step,
  evidence: readonly Evidence[],
  outcome: Outcome,
): UnsignedGrant {
  const { id, tenantId, roles, secondFactorPolicy, aal2 } = accountOf(step);
  const { enrolled } = withAdded(factors.holdings(step.account), outcome);
  const fresh = { userId: id, tenantId, roles, secondFactorPolicy, aal2, evidence, enrolled };
  return grants.issue(step.settlement, fresh, step.client, step.device, step.now);
}

function tellOfNewDevice({ outbox }: EffectServices, step: Step): Outcome {
  if (step.device.knownId !== null) return {};
  const { ip, userAgent } = step.client;
  addNotice(outbox, step, { name: 'new-sign-in', ip, userAgent, at: step.now });
  return {};
}

function choosePassword({ outbox }: EffectServices, step: Step): Outcome {
  const { workflowId, newPassword, settlement, now } = step;
  if (newPassword === null) throw new Error('No password was chosen in this step.');
  setPassword(
    outbox,
    { account: accountOf(step), workflowId, sessionId: null, settlement, now },
    newPassword,
  );
  return {};
}

function recordEvidence(step: Step, evidence: Evidence, outcome: Outcome): PresentedSession {
  const session = sessionOf(step, outcome);
  step.settlement.requireWrite((sql) =>
    sql
      .updateTable('session')
      .set({ evidence: evidenceWith(evidence) })
      .where('id', '=', session.id)
      .where('revoked_at', 'is', null)
      .returning('id'),
  );
  return {
    ...session,
    evidence: withEvidence(session.evidence, evidence),
    held: withEvidence(session.held, evidence),
  };
}

/** What was read before this step knows nothing of what the step adds, and its tokens must. */
function withAdded<T extends { readonly enrolled: readonly FactorKind[] }>(
  holder: T,
  { added = [] }: Outcome,
): T {
  return { ...holder, enrolled: [...new Set([...holder.enrolled, ...added])] };
}

function grantBoundOperation(
  step: Step,
  { proof, seconds }: Extract<Effect, { type: 'grantOperation' }>['params'],
): Outcome {
  const { operation, settlement, now } = step;
  if (operation === null) throw new Error('This workflow is bound to no operation.');
  const grant = { sessionId: sessionOf(step, {}).id, digest: operation.digest, proof };
  grantOperation(settlement, grant, seconds, now);
  return {};
}

function accountOf({ account }: Pick<Step, 'account'>): Account {
  if (account === null) throw new Error('A decoy has no effects on an account.');
  return account;
}

function sessionOf(step: Step, outcome: Outcome): PresentedSession {
  const session = outcome.session ?? step.session;
  if (session === null) throw new Error('This effect belongs to a session.');
  return session;
}
