// Charts decide, the runner performs. One runner serves every workflow, and each step is: claim an attempt, ask the
// chart, verify the proof outside any transaction, then settle everything at once. No row is locked while a password
// is hashed, and an attempt is spent before it is checked.
import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import { LimitReachedError, type MessageLimits } from '../delivery/message-limits.ts';
import { addNotice } from '../delivery/notices.ts';
import { type Account, passwordOwner, passwordPolicyOf } from '../factors/account.ts';
import {
  type Accepted,
  type FactorChoice,
  type ProofField,
  REJECTED,
  type Rejected,
  type Verdict,
} from '../factors/factor.ts';
import type { NewPassword } from '../factors/password/change.ts';
import type { NewPasswords } from '../factors/password/new-passwords.ts';
import { jsonb } from '../persistence/jsonb.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import type { RefusalTally } from '../persistence/refusal-tally.ts';
import { Conflict, Settlement } from '../persistence/settlement.ts';
import { addSeconds, type Clock, readTime, secondsOf } from '../platform/clock.ts';
import { digest } from '../platform/digest.ts';
import { randomToken } from '../platform/random.ts';
import { type Evidence, evidenceOf } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import {
  FAILURES_BEFORE_LOCK,
  FIRST_LOCK_SECONDS,
  isClosed,
  MAX_ATTEMPTS,
  throttleOf,
} from '../policy/lockout.ts';
import type { PresentedSession } from '../sessions/presented.ts';
import { openApproves, sealApproves } from './approves.ts';
import type { Caller } from './caller.ts';
import { type ChartName, chartOf, isChartName, viewOf } from './charts.ts';
import {
  type Claim,
  type ClaimedRow,
  claimAttempt,
  forgetFailures,
  giveBackAttempt,
  takeBackFailure,
} from './claim.ts';
import type { Effect } from './effect.ts';
import { type BoundTo, type EffectServices, type Outcome, performEffects, type Step } from './effects.ts';
import {
  FactorNotOffered,
  NewPasswordNotDue,
  orOverloaded,
  ProofRejected,
  TooManyMessages,
  TooManyRequests,
} from './errors.ts';
import type { WorkflowEvent } from './event.ts';
import { nameOf } from './identify.ts';
import { countFailure, type NetworkLimits, type Origin, retryAfter } from './network-limits.ts';
import { choices, presentWorkflow, type WorkflowReply } from './reply.ts';
import { isOpenTo, provedSoFar, type Running, refuseLocked, restore, runningOf } from './running.ts';
import { audit, auditRefusal, endOf, settlementOf, stepOf } from './step.ts';
import { loadWorkflow, type WorkflowRow } from './store.ts';

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
  readonly session?: PresentedSession;
  /** The one operation that its proof will be good for. */
  readonly operation?: BoundTo;
  /** What else is written with the first step. */
  readonly settlement?: Settlement;
}

/** A workflow of a session: driven by it alone, and its failures count for it and lock nobody out elsewhere. */
export function ofSession(session: PresentedSession): Pick<NewWorkflow, 'tenantId' | 'subject' | 'session'> {
  return { tenantId: session.tenantId, subject: `session:${session.id}`, session };
}

export interface Proof {
  readonly name: ProofField['name'];
  readonly value: string;
}

interface RunnerServices extends EffectServices {
  readonly passwords: NewPasswords;
  readonly limits: MessageLimits;
  readonly networks: NetworkLimits;
  readonly refusals: RefusalTally;
}

/** An attempt that was spent, and what for. */
interface Claimed {
  readonly row: ClaimedRow;
  readonly factor: FactorKind;
  readonly running: Running;
  readonly origin: Origin | null;
}

export class WorkflowRunner {
  readonly #services: RunnerServices;
  readonly #clock: Clock;

  constructor(services: RunnerServices, clock: Clock) {
    this.#services = services;
    this.#clock = clock;
  }

  /** Before anything is done for a workflow that is to begin. @throws {TooManyRequests} */
  admit({ client }: Caller): Promise<void> {
    return this.#services.networks.admit(client);
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
    const row = await find(em, id);
    if (row === null || !isChartName(row.chart)) return null;
    const now = this.#clock.now();
    const running = restore(row, row.chart, now);
    if (!isOpenTo(running, session)) return null;
    const { name, snapshot } = running;
    return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, snapshot), now }, {});
  }

  /** Makes and sends a challenge. Within the first seconds after one was sent it answers with that one. */
  async prepare(
    id: string,
    { factor, authenticatorId }: { factor: FactorKind; authenticatorId: string | null },
    caller: Caller,
  ): Promise<WorkflowReply> {
    const now = this.#clock.now();
    const running = runningOf(await find(caller.em, id), caller, now);
    return this.#counted(running, factor, caller, () =>
      this.#prepare(id, running, { factor, authenticatorId }, caller, now),
    );
  }

  async #prepare(
    id: string,
    running: Running,
    { factor, authenticatorId }: { factor: FactorKind; authenticatorId: string | null },
    caller: Caller,
    now: Date,
  ): Promise<WorkflowReply> {
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
    refuseLocked(row, [factor], now);
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
    return this.#services.networks.during(caller.client, (origin) =>
      this.#attempt(id, proof, caller, origin),
    );
  }

  async #attempt(id: string, proof: Proof, caller: Caller, origin: Origin | null): Promise<WorkflowReply> {
    const now = this.#clock.now();
    const claimed = await this.#claim(id, proof.name, origin, caller, now);
    const { row, running } = claimed;
    const verdict = await this.#unchecked(row, caller, () => this.#verify(claimed, proof.value, now));
    if (!verdict.accepted) return this.#reject(claimed, verdict, caller, now);
    const { next, outcome } = await this.#redeem(claimed, verdict, caller, now).catch((error: unknown) =>
      this.#unsettled(row, caller, error),
    );
    const { name } = running;
    return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, next), now }, outcome);
  }

  /** Spends an attempt, unless this proof is of no use here now. */
  async #claim(
    id: string,
    name: Proof['name'],
    origin: Origin | null,
    caller: Caller,
    now: Date,
  ): Promise<Claimed> {
    const { factors } = this.#services;
    const kinds = factors.provedBy(name);
    const [kind] = kinds;
    if (kind === undefined) throw new FactorNotOffered();
    const claim = {
      kinds,
      throttle: throttleOf(kind),
      sessionId: caller.session?.id ?? null,
      origin,
      now,
    };
    const row = isWorkflowId(id) ? await claimAttempt(sqlOf(caller.em), digest(id), claim) : null;
    if (row === null) return this.#refuseClaim(id, claim, caller);
    const factor = kinds.length === 1 ? kind : (newestChallenge(row, kinds) ?? kind);
    const running = await this.#unchecked(row, caller, () => {
      const it = runningOf(row, caller, now);
      if (!this.#takes(it, factor, now)) throw new FactorNotOffered();
      return this.#counted(it, factor, caller, () => {
        refuseLocked(row, provedSoFar(it), now);
        return it;
      });
    });
    return { row, factor, running, origin };
  }

  /** The row tells why nothing was claimed; when it does not, a parallel step has just changed it. */
  async #refuseClaim(id: string, { kinds, origin, now }: Claim, caller: Caller): Promise<never> {
    const running = runningOf(await find(caller.em, id), caller, now);
    const { row } = running;
    // First, and so for a decoy as for an account: which factors are locked must not tell which there are.
    if (!kinds.some((kind) => this.#takes(running, kind, now))) throw new FactorNotOffered();
    return this.#counted(running, kinds[0] ?? null, caller, async () => {
      refuseLocked(row, kinds, now);
      const seconds = await retryAfter(sqlOf(caller.em), origin, row, now);
      throw seconds === null ? new Conflict() : new TooManyRequests(seconds);
    });
  }

  /** Whether the workflow waits for a proof of this factor. */
  #takes(running: Running, factor: FactorKind, now: Date): boolean {
    const isOffered = this.#offered(running).some((one) => one.factor === factor);
    return isOffered && running.snapshot.can(this.#proved(running.row, evidenceOf(factor, secondsOf(now))));
  }

  #proved({ account }: WorkflowRow, evidence: Evidence): WorkflowEvent {
    const addressTaken = (account?.email?.owner ?? null) !== null;
    return { type: 'PROVE', evidence, addressTaken, ...this.#services.factors.holdings(account) };
  }

  /** Settles what an accepted proof leads to. */
  async #redeem(
    { row, factor, running }: Claimed,
    verdict: Accepted,
    caller: Caller,
    now: Date,
  ): Promise<{ next: AnyMachineSnapshot; outcome: Outcome }> {
    const { outbox } = this.#services;
    const { name, chart, snapshot } = running;
    const evidence = evidenceOf(factor, secondsOf(now), verdict.categories);
    const [next, effects] = transition(chart, snapshot, this.#proved(row, evidence));
    const settlement = settlementOf(row, chart, next, -1);
    if (verdict.consume !== null) settlement.require(verdict.consume);
    const step = this.#stepOf(row, name, caller, now, settlement);
    const outcome = await this.#perform(step, row, effects);
    if (verdict.notice !== undefined) addNotice(outbox, step, verdict.notice);
    const end = endOf(next);
    settlement.write((sql) =>
      end === 'complete' ? forgetFailures(sql, row.subject) : takeBackFailure(sql, row),
    );
    const sessionOfStep = outcome.grant?.session.id ?? row.sessionId;
    audit(settlement, row, `${name}.proof-accepted`, factor, sessionOfStep, caller, now);
    if (end !== null) audit(settlement, row, `${name}.${end}`, null, sessionOfStep, caller, now);
    await settlement.commit(caller.em);
    return { next, outcome };
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
    const running = runningOf(await find(caller.em, id), caller, now);
    const { row, name, chart, snapshot } = running;
    const event: WorkflowEvent = { type: 'CHOOSE_PASSWORD', ...factors.holdings(row.account) };
    if (!snapshot.can(event) || row.account === null) throw new NewPasswordNotDue();
    await this.#counted(running, null, caller, () => refuseLocked(row, provedSoFar(running), now));
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
    const to = sends.isDecoy ? undefined : sends.to;
    // A decoy spends as much as anybody, and of the same, or the limits would tell who is there.
    await limits
      .spend({
        channel: sends.channel,
        to: account === null || to === undefined ? subject : nameOf(ring, account.tenantId, to),
        account: account?.id ?? subject,
        isOwners: to !== undefined && isOwners(step, to),
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

  async #verify({ row, factor, running }: Claimed, proof: string, now: Date): Promise<Verdict> {
    const { account, challenges } = row;
    const { proves } = viewOf(running.name, running.snapshot);
    const enrolling = proves.what === 'NEW' ? proves.authenticatorId : null;
    const authenticators = account?.authenticators ?? [];
    const verdict = await this.#services.factors.get(factor)?.verify(proof, {
      workflowId: row.id,
      account,
      authenticators: authenticators.filter((one) =>
        enrolling === null ? one.confirmed : one.id === enrolling,
      ),
      enrolling,
      challenge: challenges.find((one) => one.factor === factor) ?? null,
      now,
    });
    // A decoy's code was sent to nobody; whoever guesses it has still not found an account.
    return verdict === undefined || account === null ? REJECTED : verdict;
  }

  /** Gives the attempt back when the work throws: nothing was guessed. */
  async #unchecked<T>(row: ClaimedRow, { em }: Caller, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await giveBackAttempt(sqlOf(em), row);
      return orOverloaded(error);
    }
  }

  /** Gives the attempt of a right proof back when its step could not be settled: it was no guess, and may be tried again. */
  async #unsettled(row: ClaimedRow, { em }: Caller, error: unknown): Promise<never> {
    // A conflict has rolled everything back. Another failure may hide a commit, which has given the attempt back itself.
    const unlessSettled = !(error instanceof Conflict);
    // When the database is away, so is the attempt: what cannot be written cannot be given back.
    await giveBackAttempt(sqlOf(em), row, { unlessSettled }).catch(() => {});
    throw error;
  }

  /** Work that may be refused: a refusal that a flood could cause is counted in the audit log. */
  async #counted<T>(
    running: Running,
    factor: FactorKind | null,
    caller: Caller,
    work: () => T | Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      auditRefusal(this.#services.refusals, running, error, factor, caller);
      throw error;
    }
  }

  async #reject(
    { row, factor, running, origin }: Claimed,
    { isReplay = false }: Rejected,
    caller: Caller,
    now: Date,
  ): Promise<never> {
    const { name, chart, snapshot } = running;
    const attemptsRemaining = row.maxAttempts - row.attempts;
    const isLast = attemptsRemaining <= 0;
    const [next] = isLast ? transition(chart, snapshot, { type: 'EXHAUST' }) : [snapshot];
    const settlement = isLast ? settlementOf(row, chart, next) : new Settlement();
    audit(settlement, row, `${name}.proof-rejected`, factor, row.sessionId, caller, now);
    if (isLast) audit(settlement, row, `${name}.failed`, null, row.sessionId, caller, now);
    if (isReplay) settlement.write((sql) => takeBackFailure(sql, row));
    else if (row.counted !== null) {
      countFailure(settlement, origin, row, now);
      this.#tellOfLock(row, row.counted.failures, settlement, now);
    }
    await settlement.commit(caller.em);
    throw new ProofRejected(attemptsRemaining);
  }

  /** With the failure that locks, and with the one that does so for good; not with each between. */
  #tellOfLock({ account }: WorkflowRow, failures: number, settlement: Settlement, now: Date): void {
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

async function find(em: EntityManager, id: string): Promise<WorkflowRow | null> {
  return isWorkflowId(id) ? loadWorkflow(sqlOf(em), digest(id)) : null;
}

/** Whether the user asks, as far as a session or a known device tells, for a message to what is proved to be theirs. */
function isOwners({ account, session, device }: Step, to: string): boolean {
  if (account === null || (session === null && device.knownId === null)) return false;
  const { email, phones } = account;
  const isMail = email?.verified === true && email.address === to;
  return isMail || phones.some(({ verified, number }) => verified && number === to);
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
