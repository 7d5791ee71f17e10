// Performs the effects of a step within the message limits. Nothing is sent before the step commits.
import { LimitReachedError } from '../../delivery/message-limits.ts';
import { performEffects } from '../effects/all-effects.ts';
import type { Given } from '../effects/effect.ts';
import type { Outcome } from '../effects/outcome.ts';
import { TooManyMessages } from '../errors.ts';
import { nameOf } from '../identify.ts';
import type { StepServices } from './services.ts';
import type { Step } from './step.ts';

/** @throws {TooManyMessages} */
export async function performWithinLimits(
  services: StepServices,
  step: Step,
  effects: Parameters<typeof performEffects>[2],
  given: Given = {},
): Promise<Outcome> {
  const outcome = performEffects(services, { ...step, ...given }, effects);
  if (outcome.sends !== undefined) await spendMessage(services, step, outcome.sends);
  return outcome;
}

/** A decoy counts toward the same limits. Otherwise the limits would reveal which accounts exist. */
async function spendMessage(
  { ring, limits }: StepServices,
  step: Step,
  { channel, to, isDecoy }: NonNullable<Outcome['sends']>,
): Promise<void> {
  const { account, row, caller } = step;
  const isReal = account !== null && !isDecoy;
  await limits
    .spend({
      channel,
      to: isReal ? nameOf(ring, account.tenantId, to) : row.subject,
      account: account?.id ?? row.subject,
      isOwners: isReal && isOwners(step, to),
      ip: caller.client.ip,
    })
    .catch((error: unknown) => {
      throw error instanceof LimitReachedError ? new TooManyMessages(error.retryAfterSeconds) : error;
    });
}

/** Whether the user's own session or known device requests a message to their verified address or number. */
function isOwners({ account, row, caller }: Step, to: string): boolean {
  const isInSession = row.sessionId !== null && caller.session !== null;
  if (account === null || (!isInSession && row.deviceId === null)) return false;
  const { emails, phones } = account;
  const isMail = emails.some(({ verified, address }) => verified && address === to);
  return isMail || phones.some(({ verified, number }) => verified && number === to);
}
