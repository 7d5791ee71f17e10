// Starts a password reset. Users of a captured domain have no password to reset.
import type { Identifier } from '../../factors/identifier.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import type { Caller } from '../caller.ts';
import { ProviderRequired } from '../errors.ts';
import { identifyUser } from '../identify.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import type { PasswordResetInput } from './chart.ts';

export async function startPasswordReset(
  { runner, factors, ring }: { runner: WorkflowRunner; factors: FactorRegistry; ring: KeyRing },
  { identifier, tenantId }: { identifier: Identifier; tenantId: string },
  caller: Caller,
): Promise<WorkflowReply> {
  await runner.admit(caller);
  const { account, addressId, deviceId, subject, sms, capture } = await identifyUser(
    ring,
    identifier,
    tenantId,
    caller,
  );
  if (capture !== null) throw new ProviderRequired();
  const input: PasswordResetInput = { offered: factors.reaching(identifier.kind, sms), addressId };
  return runner.start({ name: 'password-reset', input, tenantId, account, subject, deviceId }, caller);
}
