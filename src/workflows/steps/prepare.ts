// Creates a challenge and sends it. A request within a few seconds returns the previous challenge instead.

import type { FactorChoice } from '../../factors/factor.ts';
import { addSeconds, readTime } from '../../platform/clock.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { MAX_MESSAGES, RESEND_AFTER_SECONDS } from '../../policy/workflow-limits.ts';
import type { Caller } from '../caller.ts';
import { viewOf } from '../charts.ts';
import { FactorNotOffered, TooManyMessages } from '../errors.ts';
import { isFirstStep } from '../view.ts';
import { countingRefusals } from './audit.ts';
import { offered, openStep } from './open-step.ts';
import { performWithinLimits } from './perform-within-limits.ts';
import { present, type WorkflowReply } from './reply.ts';
import type { SentChallenge } from './row.ts';
import { refuseLocked } from './running.ts';
import type { StepServices } from './services.ts';
import { advance, type Step, take } from './step.ts';

export interface Wanted {
  readonly factor: FactorKind;
  /** Selects one of several. Null selects the first. */
  readonly authenticatorId: string | null;
  /** Selects one of several. Null for a factor without providers. */
  readonly providerId: string | null;
  /** What the factor takes besides. */
  readonly given: object;
}

export async function prepare(
  services: StepServices,
  id: string,
  wanted: Wanted,
  caller: Caller,
): Promise<WorkflowReply> {
  const step = await openStep(services, id, caller);
  return countingRefusals(services, step, wanted.factor, () => send(services, step, wanted));
}

async function send(services: StepServices, step: Step, wanted: Wanted): Promise<WorkflowReply> {
  const { row, snapshot, now } = step;
  const choice = offered(services, step).find(
    ({ factor, authenticatorId, providerId = null }) =>
      factor === wanted.factor &&
      (wanted.authenticatorId ?? authenticatorId) === authenticatorId &&
      wanted.providerId === providerId,
  );
  if (choice === undefined || !choice.needsPreparing) throw new FactorNotOffered();
  const { factor, authenticatorId, hint } = choice;
  const [next, effects] = take(step, { type: 'PREPARE', factor, authenticatorId, ...step.available });
  refuseLocked(row, [factor], now);
  const sent = row.challenges.find((one) => one.factor === factor && !one.consumed);
  const { gather } = services.factors.get(factor) ?? {};
  if (sent !== undefined && gather === undefined && isOutstanding(sent, choice, now)) {
    return present(services, { ...step, row: { ...row, challenges: [sent] } }, snapshot);
  }
  if (sent !== undefined && sent.timesSent >= MAX_MESSAGES) throw new TooManyMessages(null);
  await refuseWaiting(services, step, factor);
  const { proves } = viewOf(step.name, snapshot);
  const isNew = proves.what === 'NEW';
  const gathered = await gather?.({
    tenantId: row.tenantId,
    providerId: choice.providerId ?? null,
    given: wanted.given,
    isNew,
    // A test is as any other sign-in there.
    isAnew: row.sessionId !== null && !isNew && step.name !== 'provider-test',
    isSecond: proves.what === 'OWN' && !proves.acceptable.acceptsFirst,
    browser: step.caller.browser,
    now,
  });
  advance(step, next);
  const outcome = await performWithinLimits(services, step, effects, {
    hint,
    gathered: gathered ?? null,
    isFirst: isFirstStep(proves),
  });
  await step.unitOfWork.commit(step.caller.em);
  return present(services, step, next, outcome);
}

/** @throws {TooManyMessages} when the factor must not be asked for now. */
async function refuseWaiting(
  { factors }: StepServices,
  { account, caller: { em }, now }: Step,
  factor: FactorKind,
): Promise<void> {
  const seconds = account && (await factors.get(factor)?.wait?.(em, account, now));
  if (seconds != null) throw new TooManyMessages(seconds);
}

/** Whether a challenge was sent to the same recipient too recently to send another one. */
function isOutstanding(
  sent: Pick<SentChallenge, 'sentAt' | 'authenticatorId'>,
  { authenticatorId }: FactorChoice,
  now: Date,
): boolean {
  const isRecent = addSeconds(readTime(sent.sentAt), RESEND_AFTER_SECONDS) > now;
  return isRecent && (authenticatorId === null || authenticatorId === sent.authenticatorId);
}
