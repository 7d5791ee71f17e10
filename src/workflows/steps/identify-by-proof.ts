// Finds the account of a sign-in that began without an identifier, from what the proof says. It only finds: the proof is
// checked afterwards, and the workflow becomes the user's when it is accepted.
import { sqlOf } from '../../persistence/orm.ts';
import { viewOf } from '../charts.ts';
import { accountByIdentity } from '../identify.ts';
import { type Claimed, keepingAttempt } from './claim.ts';
import { stepOf } from './open-step.ts';
import type { StepServices } from './services.ts';

export async function identifyByProof(
  services: StepServices,
  claimed: Claimed,
  proof: unknown,
): Promise<Claimed> {
  const { step, row, factor } = claimed;
  if (viewOf(step.name, step.snapshot).proves.what !== 'ANYBODYS') return claimed;
  const digest = services.factors.get(factor)?.identityDigest?.(proof) ?? null;
  const { caller } = step;
  const found =
    digest &&
    (await keepingAttempt(row, caller, () =>
      accountByIdentity(sqlOf(caller.em), {
        digest,
        tenantId: row.tenantId,
        deviceToken: caller.deviceToken,
      }),
    ));
  if (!found) return claimed;
  const identified = { ...row, ...found };
  const { id, now, unitOfWork } = step;
  return {
    ...claimed,
    row: identified,
    step: stepOf(services, { ...step, row: identified }, { id, caller, now, unitOfWork }),
    isIdentified: true,
  };
}
