// Claims an attempt before a proof is checked, if the workflow can use the proof now.

import { sqlOf } from '../../persistence/orm.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { readTime, secondsOf } from '../../platform/clock.ts';
import { digest } from '../../platform/digest.ts';
import { type Evidence, evidenceOf } from '../../policy/evidence.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { throttleOf } from '../../policy/lockout.ts';
import { isRemembered } from '../../policy/remembered-browsers.ts';
import type { Caller } from '../caller.ts';
import { FactorNotOffered, orOverloaded, TooManyRequests } from '../errors.ts';
import type { PendingLink, WorkflowEvent } from '../event.ts';
import { type Origin, retryAfter } from '../network-limits.ts';
import { countingRefusals } from './audit.ts';
import { offered, openStep, stepOf } from './open-step.ts';
import { isWorkflowId, type WorkflowRow } from './row.ts';
import { provedSoFar, refuseLocked, runningOf } from './running.ts';
import type { StepServices } from './services.ts';
import { type ClaimedRow, giveBackAttempt, spendAttempt } from './spend-attempt.ts';
import type { Step } from './step.ts';

/** A spent attempt and what it is for. */
export interface Claimed {
  readonly step: Step;
  readonly row: ClaimedRow;
  readonly factor: FactorKind;
  readonly origin: Origin | null;
  /** Whether the proof said who the user is, and the workflow has not stored it yet. */
  readonly isIdentified: boolean;
}

export async function claim(
  services: StepServices,
  id: string,
  proofName: string,
  origin: Origin | null,
  caller: Caller,
): Promise<Claimed> {
  const now = services.clock.now();
  const kinds = services.factors.provedBy(proofName);
  const [kind] = kinds;
  if (kind === undefined) throw new FactorNotOffered();
  const sessionId = caller.session?.id ?? null;
  const attempt = { kinds, throttle: throttleOf(kind), sessionId, origin, now };
  const row = isWorkflowId(id) ? await spendAttempt(sqlOf(caller.em), digest(id), attempt) : null;
  if (row === null) return refuse(services, await openStep(services, id, caller), kinds, origin);
  const factor = kinds.length === 1 ? kind : (newestChallenge(row, kinds) ?? kind);
  const step = await keepingAttempt(row, caller, async () => {
    const opened = stepOf(services, runningOf(row, caller, now), { id, caller, now });
    if (!takes(services, opened, factor)) throw new FactorNotOffered();
    await countingRefusals(services, opened, factor, () => refuseLocked(row, provedSoFar(opened), now));
    return opened;
  });
  return { step, row, factor, origin, isIdentified: false };
}

/** Finds the reason in the row. If there is none, a concurrent step has just changed the row. */
function refuse(
  services: StepServices,
  step: Step,
  kinds: readonly FactorKind[],
  origin: Origin | null,
): Promise<never> {
  const { row, caller, now } = step;
  // This check comes first, for decoys and accounts alike, so that locks do not reveal which factors exist.
  if (!kinds.some((kind) => takes(services, step, kind))) throw new FactorNotOffered();
  return countingRefusals(services, step, kinds[0] ?? null, async () => {
    refuseLocked(row, kinds, now);
    const seconds = await retryAfter(sqlOf(caller.em), origin, row, now);
    throw seconds === null ? new Conflict() : new TooManyRequests(seconds);
  });
}

/** Whether the workflow accepts a proof of this factor now. */
function takes(services: StepServices, step: Step, factor: FactorKind): boolean {
  const isOffered = offered(services, step).some((one) => one.factor === factor);
  return isOffered && step.snapshot.can(proved(step, evidenceOf(factor, secondsOf(step.now))));
}

/** The event of an accepted proof. */
export function proved(step: Step, evidence: Evidence, links: PendingLink | null = null): WorkflowEvent {
  const { account, available } = step;
  const addressTaken = (account?.email?.owner ?? null) !== null;
  const remembered = isOnRememberedBrowser(step);
  return { type: 'PROVE', evidence, addressTaken, remembered, links, ...available };
}

/** Read anew for each proof: the browser may have been forgotten since the workflow began. */
function isOnRememberedBrowser({ account, row, now }: Step): boolean {
  const rememberedAt = row.device?.rememberedAt ?? null;
  if (account === null || rememberedAt === null) return false;
  if (account.capture !== null && account.withoutProvider) return false;
  const { rememberDays: days, roles, authenticators } = account;
  const setAt = authenticators.find((one) => one.factor === FactorKind.PASSWORD)?.enrolledAt ?? null;
  const passwordSetAt = setAt === null ? null : readTime(setAt);
  return isRemembered({ rememberedAt: readTime(rememberedAt), passwordSetAt, days, roles }, now);
}

/** Gives the attempt back if the work throws, because nothing was guessed. */
export async function keepingAttempt<T>(
  row: ClaimedRow,
  { em }: Caller,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await giveBackAttempt(sqlOf(em), row);
    return orOverloaded(error);
  }
}

/** If several kinds have proofs of the same form, the one whose challenge is newest. */
function newestChallenge({ challenges }: WorkflowRow, kinds: readonly FactorKind[]): FactorKind | undefined {
  return challenges
    .filter((one) => kinds.includes(one.factor) && !one.consumed)
    .toSorted((one, other) => other.sentAt.localeCompare(one.sentAt))[0]?.factor;
}
