// Charts decide, the runner performs. One runner serves every workflow, and each step is: claim an attempt, ask the
// chart, verify the proof outside any transaction, then settle everything at once. No row is locked while a password
// is hashed, and an attempt is spent before it is checked.
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';
import { type Account, enrolledSecondFactors } from '../factors/account.ts';
import { REJECTED, type Verdict } from '../factors/factor.ts';
import { OverloadedError } from '../factors/password/lanes.ts';
import { addAudit } from '../persistence/audit.ts';
import { jsonb } from '../persistence/jsonb.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { Conflict, Settlement } from '../persistence/settlement.ts';
import { addSeconds, type Clock, secondsOf } from '../platform/clock.ts';
import { digest } from '../platform/digest.ts';
import { randomToken } from '../platform/random.ts';
import { evidenceOf } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import { MAX_ATTEMPTS } from '../policy/lockout.ts';
import type { Client } from '../sessions/grants.ts';
import type { ActiveSession } from '../sessions/session.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';
import { type ChartName, chartOf, isChartName, viewOf } from './charts.ts';
import type { Effect } from './effect.ts';
import { type EffectServices, performEffects, type Step } from './effects.ts';
import { FactorNotOffered, Overloaded, ProofRejected, TooManyMessages } from './errors.ts';
import type { WorkflowEvent } from './event.ts';
import { presentWorkflow, type WorkflowReply } from './reply.ts';
import { type Running, restore, runningOf } from './running.ts';
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

/** Who asks, and with what. */
export interface Caller {
  readonly em: EntityManager;
  readonly client: Client;
  readonly session: ActiveSession | null;
  /** What was wrong with the token, when one was presented and did not count. */
  readonly tokenFault: TokenFault | null;
}

export interface NewWorkflow {
  readonly name: ChartName;
  readonly input: object;
  readonly tenantId: string;
  /** Null for a decoy. */
  readonly account: Account | null;
  /** Whose lockout its failures count for. */
  readonly subject: string;
  /** Whether only the caller's session may drive it. */
  readonly boundToSession: boolean;
  /** What else is written with the first step. */
  readonly settlement?: Settlement;
}

export interface Proof {
  readonly factor: FactorKind;
  readonly value: string;
}

export class WorkflowRunner {
  readonly #services: EffectServices;
  readonly #clock: Clock;

  constructor(services: EffectServices, clock: Clock) {
    this.#services = services;
    this.#clock = clock;
  }

  async start(fresh: NewWorkflow, { em, client, session }: Caller): Promise<WorkflowReply> {
    const { name, account, tenantId } = fresh;
    const now = this.#clock.now();
    const id = randomToken();
    const expiresAt = addSeconds(now, WORKFLOW_SECONDS);
    const settlement = fresh.settlement ?? new Settlement();
    const owner = fresh.boundToSession ? session : null;
    const step: Step = { workflowId: digest(id), account, session: owner, client, now, settlement };
    const chart = chartOf(name);
    const [snapshot, effects] = initialTransition(chart, fresh.input);
    const outcome = performEffects(this.#services, step, effectsOf(effects));
    settlement.insert('workflow', {
      id: step.workflowId,
      chart: name,
      machine_version: chart.version ?? '',
      tenant_id: tenantId,
      user_id: account?.id ?? null,
      session_id: owner?.id ?? null,
      subject: fresh.subject,
      snapshot: jsonb<object>(chart.getPersistedSnapshot(snapshot)),
      revision: 0,
      attempts: 0,
      max_attempts: MAX_ATTEMPTS,
      created_at: now,
      expires_at: expiresAt,
    });
    await settlement.commit(em);
    const view = viewOf(name, snapshot);
    return presentWorkflow(
      this.#services,
      { id, name, view, expiresAt, account, challenges: [], now },
      outcome,
    );
  }

  /** The workflow as it stands. Null when there is none that this caller may see. */
  async read(id: string, { em, session }: Caller): Promise<WorkflowReply | null> {
    const row = await find(em, id);
    if (row === null || !isChartName(row.chart)) return null;
    if (row.sessionId !== null && row.sessionId !== session?.id) return null;
    const now = this.#clock.now();
    const { name, snapshot } = restore(row, row.chart, now);
    return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, snapshot), now }, {});
  }

  /** Makes and sends a challenge. Within the first seconds after one was sent it answers with that one. */
  async prepare(id: string, factor: FactorKind, caller: Caller): Promise<WorkflowReply> {
    const now = this.#clock.now();
    const { row, name, chart, snapshot } = runningOf(await find(caller.em, id), caller, now);
    const event: WorkflowEvent = { type: 'PREPARE', factor, enrolled: enrolledSecondFactors(row.account) };
    const hasChallenge = this.#services.factors.get(factor)?.prepare !== undefined;
    if (!hasChallenge || !snapshot.can(event)) throw new FactorNotOffered();
    const sent = row.challenges.find((one) => one.factor === factor && !one.consumed);
    if (sent !== undefined && addSeconds(new Date(sent.sentAt), RESEND_AFTER_SECONDS) > now) {
      return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, snapshot), now }, {});
    }
    if (sent !== undefined && sent.timesSent >= MOST_MESSAGES) throw new TooManyMessages();

    const [next, effects] = transition(chart, snapshot, event);
    const settlement = settlementOf(row, chart, next);
    const step = stepOf(row, caller, now, settlement);
    const outcome = performEffects(this.#services, step, effectsOf(effects));
    await settlement.commit(caller.em);
    return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, next), now }, outcome);
  }

  /** Checks a proof. An attempt is spent before the check, and given back when the proof was right. */
  async attempt(id: string, proof: Proof, caller: Caller): Promise<WorkflowReply> {
    const now = this.#clock.now();
    const sessionId = caller.session?.id ?? null;
    const claimed = isWorkflowId(id)
      ? await claimAttempt(sqlOf(caller.em), digest(id), sessionId, now)
      : null;
    if (claimed === null) {
      // The row tells why; when it does not, a parallel step has just changed it.
      runningOf(await find(caller.em, id), caller, now);
      throw new Conflict();
    }
    const evidence = evidenceOf(proof.factor, secondsOf(now));
    const event: WorkflowEvent = {
      type: 'PROVE',
      evidence,
      enrolled: enrolledSecondFactors(claimed.account),
    };
    const { row, name, chart, snapshot } = await this.#unchecked(claimed, caller, () => {
      const running = runningOf(claimed, caller, now);
      if (!running.snapshot.can(event)) throw new FactorNotOffered();
      return running;
    });
    const verdict = await this.#verify(row, viewOf(name, snapshot), proof, caller, now);
    if (!verdict.accepted) return this.#reject({ row, name, chart, snapshot }, proof.factor, caller, now);

    const [next, effects] = transition(chart, snapshot, event);
    const settlement = settlementOf(row, chart, next, -1);
    if (verdict.consume !== null) settlement.require(verdict.consume);
    const outcome = performEffects(this.#services, stepOf(row, caller, now, settlement), effectsOf(effects));
    const isComplete = next.status === 'done';
    settlement.write((sql) => (isComplete ? forgetFailures : takeBackFailure)(sql, row.subject));
    const sessionOfStep = outcome.grant?.session.id ?? row.sessionId;
    audit(settlement, row, `${name}.proof-accepted`, proof.factor, sessionOfStep, caller, now);
    if (isComplete) audit(settlement, row, `${name}.complete`, null, sessionOfStep, caller, now);
    await settlement.commit(caller.em);
    return presentWorkflow(this.#services, { ...row, id, name, view: viewOf(name, next), now }, outcome);
  }

  async #verify(
    row: WorkflowRow,
    view: WorkflowView,
    proof: Proof,
    caller: Caller,
    now: Date,
  ): Promise<Verdict> {
    const factor = this.#services.factors.get(proof.factor);
    const { account, challenges } = row;
    const { proves } = view;
    const authenticators = account?.authenticators ?? [];
    return this.#unchecked(row, caller, async () => {
      const verdict = await factor?.verify(proof.value, {
        workflowId: row.id,
        account,
        authenticators: authenticators.filter((one) =>
          proves.what === 'NEW' ? one.id === proves.authenticatorId : one.confirmed,
        ),
        challenge: challenges.find((one) => one.factor === proof.factor) ?? null,
        now,
      });
      // A decoy's code was sent to nobody; whoever guesses it has still not found an account.
      return verdict === undefined || account === null ? REJECTED : verdict;
    });
  }

  /** Gives the attempt back when the work throws: nothing was checked, so nothing was guessed. */
  async #unchecked<T>(row: WorkflowRow, { em }: Caller, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await giveBackAttempt(sqlOf(em), row);
      throw error instanceof OverloadedError ? new Overloaded(error.retryAfterSeconds) : error;
    }
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
    await settlement.commit(caller.em);
    throw new ProofRejected(attemptsRemaining);
  }
}

/** The id of a workflow, as `start` makes them. Anything else is looked up nowhere. */
function isWorkflowId(id: string): boolean {
  return /^[\w-]{43}$/.test(id);
}

async function find(em: EntityManager, id: string): Promise<WorkflowRow | null> {
  return isWorkflowId(id) ? loadWorkflow(sqlOf(em), digest(id)) : null;
}

/** XState types actions as implementations; a transition returns them as data. */
function effectsOf(actions: readonly object[]): Effect[] {
  return actions as Effect[];
}

function stepOf(row: WorkflowRow, { client, session }: Caller, now: Date, settlement: Settlement): Step {
  const owner = row.sessionId === null ? null : session;
  return { workflowId: row.id, account: row.account, session: owner, client, now, settlement };
}

/** Begins a settlement with the next snapshot, on the revision that was read and no other. */
function settlementOf(
  row: WorkflowRow,
  chart: AnyStateMachine,
  next: AnyMachineSnapshot,
  attempts: 0 | -1 = 0,
): Settlement {
  const settlement = new Settlement();
  settlement.requireWrite((sql) =>
    sql
      .updateTable('workflow')
      .set((it) => ({
        snapshot: jsonb<object>(chart.getPersistedSnapshot(next)),
        revision: row.revision + 1,
        attempts: it('attempts', '+', attempts),
      }))
      .where('id', '=', row.id)
      .where('revision', '=', row.revision)
      .returning('id'),
  );
  return settlement;
}

function audit(
  settlement: Settlement,
  { tenantId, account }: WorkflowRow,
  type: string,
  factor: FactorKind | null,
  sessionId: string | null,
  { client }: Caller,
  now: Date,
): void {
  addAudit(settlement, { type, tenantId, userId: account?.id ?? null, sessionId, factor }, client, now);
}
