// The last step of a password reset. If a second factor was added in the meantime, the workflow asks for it first. The
// password is hashed only when the workflow is ready for it, and before any row is locked.
import { passwordOwner, passwordPolicyOf } from '../../factors/account.ts';
import type { Caller } from '../caller.ts';
import { NewPasswordNotDue, orOverloaded } from '../errors.ts';
import type { WorkflowEvent } from '../event.ts';
import { audit, countingRefusals } from './audit.ts';
import { openStep } from './open-step.ts';
import { performWithinLimits } from './perform-within-limits.ts';
import { present, type WorkflowReply } from './reply.ts';
import { provedSoFar, refuseLocked } from './running.ts';
import type { StepServices } from './services.ts';
import { advance, endOf, take } from './step.ts';

export interface ChosenPassword {
  readonly password: string;
  readonly signOutOtherSessions: boolean;
}

export async function choosePassword(
  services: StepServices,
  id: string,
  { password, signOutOtherSessions }: ChosenPassword,
  caller: Caller,
): Promise<WorkflowReply> {
  const step = await openStep(services, id, caller);
  const { account, snapshot } = step;
  const event: WorkflowEvent = { type: 'CHOOSE_PASSWORD', ...step.available };
  if (account === null || !snapshot.can(event)) throw new NewPasswordNotDue();
  await countingRefusals(services, step, null, () => refuseLocked(step.row, provedSoFar(step), step.now));
  const [next, effects] = take(step, event);
  const end = endOf(next);
  const newPassword =
    end === 'complete'
      ? {
          hash: await services.passwords
            .hash(password, passwordPolicyOf(account), passwordOwner(account))
            .catch(orOverloaded),
          signOutOtherSessions,
        }
      : null;
  advance(step, next);
  await performWithinLimits(services, step, effects, { newPassword });
  if (end !== null) audit(step, end);
  await step.unitOfWork.commit(caller.em);
  return present(services, step, next);
}
