// Starts a step-up of a session. An agent cannot prove anything, so its user is asked.
import type { Outbox } from '../../delivery/outbox.ts';
import { type Account, findAccount } from '../../factors/account.ts';
import { enrollmentTimes } from '../../factors/older-factors.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { type Clock, secondsOf } from '../../platform/clock.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { MOST_GRANT_SECONDS } from '../../policy/agents.ts';
import { lastingEvidence } from '../../policy/assurance.ts';
import { acceptsFactor, refuseStepUp } from '../../policy/decision.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { provable } from '../../policy/required-factors.ts';
import { type Requirement, type RequirementOptions, requirement } from '../../policy/requirement.ts';
import { DEFAULT_GRANT_SECONDS, keyedOperation } from '../../sessions/operation-grant.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import { startAgentRequest } from '../agent-request/start.ts';
import type { Caller } from '../caller.ts';
import { AgentsCannotStepUp, EnrollmentRequired, FactorTooYoung } from '../errors.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import { ofSession } from '../steps/start.ts';
import type { StepUpInput } from './chart.ts';

/** An operation to approve: its digest and a description for the user. */
export interface OperationInWords {
  readonly digest: string;
  readonly approves: string;
  /** What the digest is made of. Null if it is not recorded. */
  readonly text: string | null;
}

/** The factors of the user of which one is old enough. Null when the age does not matter. */
function oldEnoughFactors(
  account: Account | null,
  { minFactorAge }: Requirement,
  now: number,
): readonly FactorKind[] | null {
  if (minFactorAge === 0) return null;
  const old = account === null ? [] : enrollmentTimes(account).filter(({ at }) => now - at >= minFactorAge);
  return old.map(({ factor }) => factor);
}

/** A factor of unknown age counts as enrolled just now. */
function firstOldEnough(
  account: Account | null,
  wanted: readonly FactorKind[],
  { minFactorAge }: Requirement,
  now: number,
): Date {
  const times =
    account === null ? [] : enrollmentTimes(account).filter(({ factor }) => wanted.includes(factor));
  return new Date((Math.min(now, ...times.map(({ at }) => at)) + minFactorAge) * 1000);
}

interface Services {
  readonly runner: WorkflowRunner;
  readonly factors: FactorRegistry;
  readonly outbox: Outbox;
  readonly ring: KeyRing;
  readonly clock: Clock;
}

export async function startStepUp(
  { runner, factors, outbox, ring, clock }: Services,
  { operation, ...options }: RequirementOptions & { readonly operation: OperationInWords | null },
  caller: Caller & { readonly session: PresentedSession },
): Promise<WorkflowReply> {
  const { agent } = caller.session;
  if (agent !== null && operation === null) throw new AgentsCannotStepUp();
  await runner.admit(caller);
  const demand = requirement(options);
  const { session } = caller;
  const now = secondsOf(clock.now());
  const account = await findAccount(caller.em, session.userId);
  const old = oldEnoughFactors(account, demand, now);
  const input: StepUpInput = {
    accept: demand.accept.filter((kind) => old === null || old.includes(kind)),
    acceptsFirst: demand.require === 'STRONGEST_ENROLLED',
    // A provider does not say how old its second factor is, and a proof there is not made for an operation.
    acceptsProvider: operation === null && old === null && acceptsFactor(demand.accept, FactorKind.OAUTH),
    // Without `maxAge`, the step-up always asks for a proof.
    proved: operation === null && options.maxAge != null && refuseStepUp(session, demand, now) === null,
    evidence: lastingEvidence(session.evidence, session.aging, now),
    grantSeconds: operation === null ? null : (options.maxAge ?? DEFAULT_GRANT_SECONDS),
  };
  const available = factors.availableFactors(account);
  const wanted = provable({ ...input, accept: demand.accept }, available);
  if (wanted.length === 0) throw new EnrollmentRequired();
  if (old !== null && !input.proved && !wanted.some((kind) => old.includes(kind)))
    throw new FactorTooYoung(firstOldEnough(account, wanted, demand, now));
  const bound = operation && { ...operation, digest: keyedOperation(ring, operation.digest) };
  if (agent !== null && bound !== null) {
    const grantSeconds = Math.min(input.grantSeconds ?? 0, MOST_GRANT_SECONDS);
    const asked = { accept: input.accept, acceptsFirst: input.acceptsFirst, grantSeconds };
    const request = { input: asked, account, operation: bound, agentName: agent.name };
    return startAgentRequest({ runner, outbox, clock }, request, caller);
  }
  return runner.start({ name: 'step-up', input, account, operation: bound, ...ofSession(session) }, caller);
}
