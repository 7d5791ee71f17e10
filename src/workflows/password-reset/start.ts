// Starts a password reset.
import type { Identifier } from '../../factors/identifier.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import type { Caller } from '../caller.ts';
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
  const { account, addressId, deviceId, subject, sms } = await identifyUser(
    ring,
    identifier,
    tenantId,
    caller,
  );
  const input: PasswordResetInput = { offered: factors.reaching(identifier.kind, sms), addressId };
  return runner.start({ name: 'password-reset', input, tenantId, account, subject, deviceId }, caller);
}
