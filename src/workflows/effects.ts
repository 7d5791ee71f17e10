// Performs the effects that a chart asked for: each adds its writes to the step's settlement. Nothing is sent or
// visible before that commits.
import { sql as raw } from 'kysely';
import { addNotice } from '../delivery/notices.ts';
import type { Outbox } from '../delivery/outbox.ts';
import { type Account, enrolledSecondFactors, hasSecondFactorBeside, lockUser } from '../factors/account.ts';
import { newBackupCodes } from '../factors/backup-codes/backup-code.ts';
import type { FactorRegistry } from '../factors/registry.ts';
import { jsonb } from '../persistence/jsonb.ts';
import type { Settlement } from '../persistence/settlement.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import { type Evidence, withEvidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import { evidenceWithout } from '../sessions/evidence-without.ts';
import type { Client, Grants, UnsignedGrant } from '../sessions/grants.ts';
import type { ActiveSession } from '../sessions/session.ts';
import type { Effect } from './effect.ts';

export interface EffectServices {
  readonly ring: KeyRing;
  readonly factors: FactorRegistry;
  readonly outbox: Outbox;
  readonly grants: Grants;
}

/** One step, as its effects see it. */
export interface Step {
  readonly workflowId: string;
  readonly account: Account | null;
  /** The session that the workflow belongs to. */
  readonly session: ActiveSession | null;
  readonly client: Client;
  readonly now: Date;
  readonly settlement: Settlement;
}

/** What a step's effects leave for its reply. Secrets among it are shown once and stored nowhere. */
export interface Outcome {
  readonly challenge?: {
    readonly factor: FactorKind;
    readonly hint: string | null;
    readonly sentAt: Date;
    readonly expiresAt: Date;
  };
  readonly grant?: UnsignedGrant;
  readonly backupCodes?: readonly string[];
  /** The authenticator whose enrollment began, as it is stored. */
  readonly enrolling?: { readonly id: string; readonly secret: string };
  /** The session of the workflow, after its evidence has grown. */
  readonly session?: ActiveSession;
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
      return sendChallenge(services, step, effect.params.factor);
    case 'activateUser':
      return activateUser(step, accountOf(step));
    case 'createAuthenticator':
      return createAuthenticator(services, step, effect.params);
    case 'confirmAuthenticator':
      return confirmAuthenticator(services, step, effect.params);
    case 'giveBackupCodes':
      return giveBackupCodes(services, step, effect.params.authenticatorId);
    case 'issueSession':
      return { grant: issueSession(services, step, effect.params.evidence) };
    case 'recordEvidence':
      return { session: recordEvidence(step, effect.params.evidence, outcome) };
    case 'renewTokens':
      return {
        grant: services.grants.renew(step.settlement, sessionOf(step, outcome), step.now),
      };
  }
}

/** A new code for the workflow; the old one of the same factor is void, and the attempts stay as they are. */
function sendChallenge({ factors, outbox }: EffectServices, step: Step, kind: FactorKind): Outcome {
  const { workflowId, account, now, settlement } = step;
  const prepared = factors.get(kind)?.prepare?.({ workflowId, account, now });
  if (prepared === undefined) throw new Error(`${kind} has no challenge to send.`);
  const sent = {
    code_digest: prepared.codeDigest,
    hint: prepared.hint,
    sent_at: now,
    expires_at: prepared.expiresAt,
    consumed_at: null,
  };
  settlement.write((sql) =>
    sql
      .insertInto('challenge')
      .values({ id: randomId(), workflow_id: workflowId, factor: kind, times_sent: 1, ...sent })
      .onConflict((conflict) =>
        conflict
          .columns(['workflow_id', 'factor'])
          .doUpdateSet({ ...sent, times_sent: raw`challenge.times_sent + 1` }),
      ),
  );
  outbox.add(settlement, prepared.message, now, prepared.expiresAt);
  const { hint, expiresAt } = prepared;
  return { challenge: { factor: kind, hint, sentAt: now, expiresAt } };
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

function createAuthenticator(
  { factors }: EffectServices,
  step: Step,
  params: Extract<Effect, { type: 'createAuthenticator' }>['params'],
): Outcome {
  const secret = factors.get(params.factor)?.enroll?.(params.authenticatorId).stored;
  if (secret === undefined) throw new Error(`${params.factor} cannot be enrolled.`);
  step.settlement.insert('authenticator', {
    id: params.authenticatorId,
    user_id: accountOf(step).id,
    factor: params.factor,
    label: params.label,
    secret,
    last_time_step: null,
    created_at: step.now,
    confirmed_at: null,
    last_used_at: null,
  });
  return { enrolling: { id: params.authenticatorId, secret } };
}

function confirmAuthenticator(
  services: EffectServices,
  step: Step,
  { authenticatorId, factor }: Extract<Effect, { type: 'confirmAuthenticator' }>['params'],
): Outcome {
  const { settlement, now } = step;
  // A condition and not a write of the closing statement: its proof was used up by an update of the same row.
  settlement.require(async (sql) => {
    const { numUpdatedRows } = await sql
      .updateTable('authenticator')
      .set({ confirmed_at: now })
      .where('id', '=', authenticatorId)
      .where('confirmed_at', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  });
  addNotice(services.outbox, step, { type: 'factor-added', factor });
  return {};
}

/**
 * With the first second factor, and with no other: of two that are proved at the same moment one waits for the other,
 * sees it, and is undone.
 */
function giveBackupCodes(
  { ring }: EffectServices,
  { settlement, now, ...step }: Step,
  authenticatorId: string,
): Outcome {
  const { id } = accountOf(step);
  settlement.require(async (sql) => {
    await lockUser(sql, id);
    return !(await hasSecondFactorBeside(sql, id, authenticatorId));
  });
  const { codes, rows } = newBackupCodes(ring, id, now);
  settlement.insert('backup_code', ...rows);
  return { backupCodes: codes };
}

function issueSession({ grants }: EffectServices, step: Step, evidence: readonly Evidence[]): UnsignedGrant {
  const { id, tenantId, roles, secondFactorPolicy } = accountOf(step);
  const enrolled = enrolledSecondFactors(step.account);
  const fresh = { userId: id, tenantId, roles, secondFactorPolicy, evidence, enrolled };
  return grants.issue(step.settlement, fresh, step.client, step.now);
}

/** In SQL, on the row as it is then: two steps of one session in parallel lose no evidence, nor bring any back. */
function recordEvidence(step: Step, evidence: Evidence, outcome: Outcome): ActiveSession {
  const session = sessionOf(step, outcome);
  step.settlement.requireWrite((sql) =>
    sql
      .updateTable('session')
      .set({
        evidence: raw<Evidence[]>`${evidenceWithout([evidence.factor])} || ${jsonb([evidence])}`,
      })
      .where('id', '=', session.id)
      .where('revoked_at', 'is', null)
      .returning('id'),
  );
  return { ...session, evidence: withEvidence(session.evidence, evidence) };
}

function accountOf({ account }: Pick<Step, 'account'>): Account {
  if (account === null) throw new Error('A decoy has no effects on an account.');
  return account;
}

function sessionOf(step: Step, outcome: Outcome): ActiveSession {
  const session = outcome.session ?? step.session;
  if (session === null) throw new Error('This effect belongs to a session.');
  return session;
}
