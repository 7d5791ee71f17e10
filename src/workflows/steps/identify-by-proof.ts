// Finds the account of a sign-in that began without an identifier, from what the proof says. It only finds: the proof is
// checked afterwards, and the workflow becomes the user's when it is accepted.
import type { Sql } from '../../persistence/orm.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { viewOf } from '../charts.ts';
import { accountByIdentity, type IdentifiedAccount } from '../identify.ts';
import { type Claimed, keepingAttempt } from './claim.ts';
import { identifyAtProvider } from './identify-at-provider.ts';
import { stepOf } from './open-step.ts';
import type { StepServices } from './services.ts';

export async function identifyByProof(
  services: StepServices,
  claimed: Claimed,
  proof: unknown,
): Promise<Claimed> {
  const { step, row } = claimed;
  if (viewOf(step.name, step.snapshot).proves.what !== 'ANYBODYS') return claimed;
  const { caller } = step;
  const found = await keepingAttempt(row, caller, () => find(services, claimed, proof, sqlOf(caller.em)));
  if (found === null) return claimed;
  const identified = { ...row, ...found };
  const { id, now, unitOfWork } = step;
  return {
    ...claimed,
    row: identified,
    step: stepOf(services, { ...step, row: identified }, { id, caller, now, unitOfWork }),
    isIdentified: true,
  };
}

async function find(
  services: StepServices,
  { step, row, factor: kind }: Claimed,
  proof: unknown,
  sql: Sql,
): Promise<IdentifiedAccount | null> {
  const factor = services.factors.get(kind);
  const identity = factor?.identityAtProvider?.(proof) ?? null;
  if (identity !== null) return identifyAtProvider(services, step, identity);
  const digest = factor?.identityDigest?.(proof) ?? null;
  const { deviceToken } = step.caller;
  return digest === null ? null : accountByIdentity(sql, { digest, tenantId: row.tenantId, deviceToken });
}
