// Charts decide, the runner performs. One runner serves every workflow, and each step is: claim an attempt, ask the
// chart, verify the proof outside any transaction, then settle everything at once. No row is locked while a password
// is hashed, and an attempt is spent before it is checked.
import { initialTransition, transition } from 'xstate';
import { LimitReachedError, type MessageLimits } from '../delivery/message-limits.ts';
import { addNotice } from '../delivery/notices.ts';
import { type Account, passwordOwner, passwordPolicyOf } from '../factors/account.ts';
import { type FactorChoice, type ProofField, REJECTED, type Verdict } from '../factors/factor.ts';
import type { NewPassword } from '../factors/password/change.ts';
import type { NewPasswords } from '../factors/password/new-passwords.ts';
import { jsonb } from '../persistence/jsonb.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { Conflict, Settlement } from '../persistence/settlement.ts';
import { addSeconds, type Clock, readTime, secondsOf } from '../platform/clock.ts';
import { digest } from '../platform/digest.ts';
import { randomToken } from '../platform/random.ts';
import { type Evidence, evidenceOf } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import {
  counterOf,
  FAILURES_BEFORE_LOCK,
  FIRST_LOCK_SECONDS,
  isClosed,
  LockoutCounter,
  MAX_ATTEMPTS,
} from '../policy/lockout.ts';
import type { ActiveSession } from '../sessions/session.ts';
import { openApproves, sealApproves } from './approves.ts';
import type { Caller } from './caller.ts';
import { type ChartName, chartOf, isChartName, viewOf } from './charts.ts';
import type { Effect } from './effect.ts';
import { type BoundTo, type EffectServices, type Outcome, performEffects, type Step } from './effects.ts';
import {
  FactorNotOffered,
  NewPasswordNotDue,
  orOverloaded,
  ProofRejected,
  TooManyMessages,
} from './errors.ts';
import type { WorkflowEvent } from './event.ts';
import { nameOf } from './identify.ts';
import { choices, presentWorkflow, type WorkflowReply } from './reply.ts';
import { type Running, restore, runningOf } from './running.ts';
import { audit, endOf, settlementOf, stepOf } from './step.ts';
import {
  claimAttempt,
  forgetFailures,
  giveBackAttempt,
  loadWorkflow,
  takeBackFailure,
  type WorkflowRow,
} from './store.ts';
import type { WorkflowView } from './view.ts';

/** From the start of any workflow to its deadline. */
const WORKFLOW_SECONDS = 900;
const RESEND_AFTER_SECONDS = 30;
const MOST_MESSAGES = 5;

export interface NewWorkflow {
  readonly name: ChartName;
  readonly input: object;
  readonly tenantId: string;
  /** Null for a decoy. */
  readonly account: Account | null;
  /** Whose lockout its failures count for. */
  readonly subject: string;
  /** The known device that it is started on. */
  readonly deviceId?: string | null;
  /** The session that alone may drive it. */
  readonly session?: ActiveSession;
  /** The one operation that its proof will be good for. */
  readonly operation?: BoundTo;
  /** What else is written with the first step. */
  readonly settlement?: Settlement;
}

/** A workflow of a session: driven by it alone, and its failures count for it and lock nobody out elsewhere. */
export function ofSession(session: ActiveSession): Pick<NewWorkflow, 'tenantId' | 'subject' | 'session'> {
  return { tenantId: session.tenantId, subject: `session:${session.id}`, session };
}

export interface Proof {
  readonly name: ProofField['name'];
  readonly value: string;
}

interface RunnerServices extends EffectServices {
  readonly passwords: NewPasswords;
  readonly limits: MessageLimits;
}

export class WorkflowRunner {
  readonly #services: RunnerServices;
  readonly #clock: Clock;

  constructor(services: RunnerServices, clock: Clock) {
    this.#services = services;
    this.#clock = clock;
  }

  async start(fresh: NewWorkflow, caller: Caller): Promise<WorkflowReply> {
    const { name, account, tenantId, subject, deviceId = null, session = null, operation = null } = fresh;
    const now = this.#clock.now();
    const id = randomToken();
    const expiresAt = addSeconds(now, WORKFLOW_SECONDS);
    const settlement = fresh.settlement ?? new Settlement();
    const row = {
      id: digest(id),
      name,
      account,
      deviceId,
      subject,
      sessionId: session?.id ?? null,
      operation,
    };
    const approves = operation && sealApproves(this.#services.ring, row.id, operation.approves);
    const chart = chartOf(name);
    const [snapshot, effects] = initialTransition(chart, fresh.input);
    const step = stepOf(row, caller, now, settlement);
    const outcome = await this.#perform(step, row, effects);
    settlement.insert('workflow', {
      id: row.id,
      chart: name,
      machine_version: chart.version ?? '',
      tenant_id: tenantId,
      user_id: account?.id ?? null,
      session_id: row.sessionId,
      device_id: deviceId,
      subject,
      snapshot: jsonb<object>(chart.getPersistedSnapshot(snapshot)),
      operation: operation?.digest ?? null,
      approves,
      revision: 0,
      attempts: 0,
      max_attempts: MAX_ATTEMPTS,
      created_at: now,
      expires_at: expiresAt,
    });
    await settlement.commit(caller.em);
    const view = viewOf(name, snapshot);
    return presentWorkflow(
      this.#services,
      { id, name, view, expiresAt, account, challenges: [], approves, now },
      outcome,
    );
  }

  /** A workflow as it stands, or null when there is none of this id, or none that this caller may see. */
  async read(id: string, { em, session }: Caller): Promise<WorkflowReply | null> {
    const row = await find(em, id, null);
    if (row === null || !isChartName(row.chart)) return null;
    if (row.sessionId !== null && row.sessionId !== session?.id) return null;
    const now = this.#clock.now();
    const { name, snapshot } = restore(row, row.chart, now);
    return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, snapshot), now }, {});
  }

  /** Makes and sends a challenge. Within the first seconds after one was sent it answers with that one. */
  async prepare(
    id: string,
    { factor, authenticatorId }: { factor: FactorKind; authenticatorId: string | null },
    caller: Caller,
  ): Promise<WorkflowReply> {
    const now = this.#clock.now();
    const found = await find(caller.em, id, LockoutCounter.CODE);
    const running = runningOf(found, caller, now);
    const { row, name, chart, snapshot } = running;
    const choice = this.#offered(running).find(
      (one) => one.factor === factor && (authenticatorId ?? one.authenticatorId) === one.authenticatorId,
    );
    if (choice === undefined || !choice.needsPreparing) throw new FactorNotOffered();
    const event: WorkflowEvent = {
      type: 'PREPARE',
      factor,
      authenticatorId: choice.authenticatorId,
      ...this.#services.factors.holdings(row.account),
    };
    if (!snapshot.can(event)) throw new FactorNotOffered();
    const sent = row.challenges.find((one) => one.factor === factor && !one.consumed);
    if (sent !== undefined && isOutstanding(sent, choice, now)) {
      const standing = { ...row, challenges: [sent], id, name, view: viewOf(name, snapshot), now };
      return presentWorkflow(this.#services, standing, {});
    }
    if (sent !== undefined && sent.timesSent >= MOST_MESSAGES) throw new TooManyMessages(null);

    const [next, effects] = transition(chart, snapshot, event);
    const settlement = settlementOf(row, chart, next);
    const step = {
      ...this.#stepOf(row, name, caller, now, settlement),
      hint: choice.hint,
    };
    const outcome = await this.#perform(step, row, effects);
    await settlement.commit(caller.em);
    return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, next), now }, outcome);
  }

  /**
   * Checks a proof. An attempt is spent before the check, and given back when the proof was right: with its settlement, or on
   * its own when that fails.
   */
  async attempt(id: string, proof: Proof, caller: Caller): Promise<WorkflowReply> {
    const now = this.#clock.now();
    const { factors, outbox } = this.#services;
    const [kind, ...otherKinds] = factors.provedBy(proof.name);
    if (kind === undefined) throw new FactorNotOffered();
    const counter = counterOf(kind);
    const sessionId = caller.session?.id ?? null;
    const claimed = isWorkflowId(id)
      ? await claimAttempt(sqlOf(caller.em), digest(id), counter, sessionId, now)
      : null;
    if (claimed === null) {
      // The row tells why; when it does not, a parallel step has just changed it.
      runningOf(await find(caller.em, id, counter), caller, now);
      throw new Conflict();
    }
    const factor = otherKinds.length === 0 ? kind : (newestChallenge(claimed, [kind, ...otherKinds]) ?? kind);
    const proved = (evidence: Evidence): WorkflowEvent => ({
      type: 'PROVE',
      evidence,
      addressTaken: (claimed.account?.email?.owner ?? null) !== null,
      ...factors.holdings(claimed.account),
    });
    const { row, name, chart, snapshot } = await this.#unchecked(claimed, counter, caller, () => {
      const running = runningOf(claimed, caller, now);
      const isOffered = this.#offered(running).some((one) => one.factor === factor);
      const event = proved(evidenceOf(factor, secondsOf(now)));
      if (!isOffered || !running.snapshot.can(event)) throw new FactorNotOffered();
      return running;
    });
    const verdict = await this.#verify(
      row,
      viewOf(name, snapshot),
      factor,
      proof.value,
      counter,
      caller,
      now,
    );
    if (!verdict.accepted) return this.#reject({ row, name, chart, snapshot }, factor, caller, now);

    const evidence = evidenceOf(factor, secondsOf(now), verdict.categories);
    const [next, effects] = transition(chart, snapshot, proved(evidence));
    const settlement = settlementOf(row, chart, next, -1);
    if (verdict.consume !== null) settlement.require(verdict.consume);
    const step = this.#stepOf(row, name, caller, now, settlement);
    const giveBack = (error: unknown): Promise<never> => this.#unsettled(row, counter, caller, error);
    const outcome = await this.#perform(step, row, effects).catch(giveBack);
    if (verdict.notice !== undefined) addNotice(outbox, step, verdict.notice);
    const end = endOf(next);
    settlement.write((sql) =>
      end === 'complete' ? forgetFailures(sql, row.subject) : takeBackFailure(sql, row.subject, counter),
    );
    const sessionOfStep = outcome.grant?.session.id ?? row.sessionId;
    audit(settlement, row, `${name}.proof-accepted`, factor, sessionOfStep, caller, now);
    if (end !== null) audit(settlement, row, `${name}.${end}`, null, sessionOfStep, caller, now);
    await settlement.commit(caller.em).catch(giveBack);
    return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, next), now }, outcome);
  }

  /**
   * The last step of a password reset, unless a second factor was added meanwhile: then the workflow asks for it. The
   * password is hashed when it is due, and before anything is locked.
   */
  async choosePassword(
    id: string,
    { password, signOutOtherSessions }: { password: string; signOutOtherSessions: boolean },
    caller: Caller,
  ): Promise<WorkflowReply> {
    const now = this.#clock.now();
    const { factors, passwords } = this.#services;
    const { row, name, chart, snapshot } = runningOf(await find(caller.em, id, null), caller, now);
    const event: WorkflowEvent = { type: 'CHOOSE_PASSWORD', ...factors.holdings(row.account) };
    if (!snapshot.can(event) || row.account === null) throw new NewPasswordNotDue();
    const [next, effects] = transition(chart, snapshot, event);
    const end = endOf(next);
    const newPassword: NewPassword | null =
      end === 'complete'
        ? {
            hash: await passwords
              .hash(password, passwordPolicyOf(row.account), passwordOwner(row.account))
              .catch(orOverloaded),
            signOutOtherSessions,
          }
        : null;
    const settlement = settlementOf(row, chart, next);
    const step = {
      ...this.#stepOf(row, name, caller, now, settlement),
      newPassword,
    };
    await this.#perform(step, row, effects);
    if (end !== null) audit(settlement, row, `${name}.${end}`, null, null, caller, now);
    await settlement.commit(caller.em);
    return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, next), now }, {});
  }

  /** A step of a workflow that was started before. */
  #stepOf(row: WorkflowRow, name: ChartName, caller: Caller, now: Date, settlement: Settlement): Step {
    const words = openApproves(this.#services.ring, row.id, row.approves);
    const operation =
      row.operation === null || words === null ? null : { digest: row.operation, approves: words };
    return stepOf({ ...row, name, operation }, caller, now, settlement);
  }

  /** Performs what the chart asked for, which sends nothing before the settlement commits; messages are limited. */
  async #perform(step: Step, { subject }: { subject: string }, actions: readonly object[]): Promise<Outcome> {
    // XState types actions as implementations; a transition returns them as data.
    const outcome = performEffects(this.#services, step, actions as Effect[]);
    const { sends } = outcome;
    if (sends === undefined) return outcome;
    const { ring, limits } = this.#services;
    const { account } = step;
    const to = sends.message?.to;
    // A decoy spends as much as anybody, and of the same, or the limits would tell who is there.
    await limits
      .spend({
        channel: sends.channel,
        to: account === null || to === undefined ? subject : nameOf(ring, account.tenantId, to),
        account: account?.id ?? subject,
        ip: step.client.ip,
      })
      .catch((error: unknown) => {
        throw error instanceof LimitReachedError ? new TooManyMessages(error.retryAfterSeconds) : error;
      });
    return outcome;
  }

  /** What its client is shown as `factors`. */
  #offered({ row, name, snapshot }: Running): FactorChoice[] {
    return choices(this.#services.factors, viewOf(name, snapshot).proves, row.account);
  }

  async #verify(
    row: WorkflowRow,
    { proves }: WorkflowView,
    kind: FactorKind,
    proof: string,
    counter: LockoutCounter,
    caller: Caller,
    now: Date,
  ): Promise<Verdict> {
    const { account, challenges } = row;
    const enrolling = proves.what === 'NEW' ? proves.authenticatorId : null;
    const authenticators = account?.authenticators ?? [];
    return this.#unchecked(row, counter, caller, async () => {
      const verdict = await this.#services.factors.get(kind)?.verify(proof, {
        workflowId: row.id,
        account,
        authenticators: authenticators.filter((one) =>
          enrolling === null ? one.confirmed : one.id === enrolling,
        ),
        enrolling,
        challenge: challenges.find((one) => one.factor === kind) ?? null,
        now,
      });
      // A decoy's code was sent to nobody; whoever guesses it has still not found an account.
      return verdict === undefined || account === null ? REJECTED : verdict;
    });
  }

  /** Gives the attempt back when the work throws: nothing was checked, so nothing was guessed. */
  async #unchecked<T>(
    row: WorkflowRow,
    counter: LockoutCounter,
    { em }: Caller,
    work: () => T | Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await giveBackAttempt(sqlOf(em), row, counter);
      return orOverloaded(error);
    }
  }

  /**
   * Gives the attempt of a right proof back when its step could not be settled. A conflict keeps it: somebody else used the
   * proof, or took the step.
   */
  async #unsettled(
    row: WorkflowRow,
    counter: LockoutCounter,
    { em }: Caller,
    error: unknown,
  ): Promise<never> {
    if (!(error instanceof Conflict)) {
      // When the database is away, so is the attempt: what cannot be written cannot be given back.
      await giveBackAttempt(sqlOf(em), row, counter, { unlessSettled: true }).catch(() => {});
    }
    throw error;
  }

  async #reject(
    { row, name, chart, snapshot }: Running,
    factor: FactorKind,
    caller: Caller,
    now: Date,
  ): Promise<never> {
    const attemptsRemaining = row.maxAttempts - row.attempts;
    const isLast = attemptsRemaining <= 0;
    const [next] = isLast ? transition(chart, snapshot, { type: 'EXHAUST' }) : [snapshot];
    const settlement = isLast ? settlementOf(row, chart, next) : new Settlement();
    audit(settlement, row, `${name}.proof-rejected`, factor, row.sessionId, caller, now);
    if (isLast) audit(settlement, row, `${name}.failed`, null, row.sessionId, caller, now);
    this.#tellOfLock(row, settlement, now);
    await settlement.commit(caller.em);
    throw new ProofRejected(attemptsRemaining);
  }

  /** With the failure that locks, and with the one that does so for good; not with each between. */
  #tellOfLock({ account, failures }: WorkflowRow, settlement: Settlement, now: Date): void {
    const isForGood = isClosed(failures) && !isClosed(failures - 1);
    if (failures !== FAILURES_BEFORE_LOCK && !isForGood) return;
    const minutes = isForGood ? null : FIRST_LOCK_SECONDS / 60;
    addNotice(this.#services.outbox, { account, settlement, now }, { name: 'account-locked', minutes });
  }
}

/** The id of a workflow, as `start` makes them. Anything else is looked up nowhere. */
function isWorkflowId(id: string): boolean {
  return /^[\w-]{43}$/.test(id);
}

async function find(
  em: EntityManager,
  id: string,
  counter: LockoutCounter | null,
): Promise<WorkflowRow | null> {
  return isWorkflowId(id) ? loadWorkflow(sqlOf(em), digest(id), counter) : null;
}

/** Whether a challenge was sent so lately, and to the same phone, that none is sent again. */
function isOutstanding(
  sent: { readonly sentAt: string; readonly authenticatorId: string | null },
  { authenticatorId }: FactorChoice,
  now: Date,
): boolean {
  const isLate = addSeconds(readTime(sent.sentAt), RESEND_AFTER_SECONDS) > now;
  return isLate && (authenticatorId === null || authenticatorId === sent.authenticatorId);
}

/** Which of several kinds a proof is for, that says the same for all of them: the one that was asked for last. */
function newestChallenge({ challenges }: WorkflowRow, kinds: readonly FactorKind[]): FactorKind | undefined {
  return challenges
    .filter((one) => kinds.includes(one.factor) && !one.consumed)
    .toSorted((one, other) => other.sentAt.localeCompare(one.sentAt))[0]?.factor;
}
