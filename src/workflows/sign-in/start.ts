// Starts a sign-in.
import type { Identifier } from '../../factors/identifier.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomId } from '../../platform/random.ts';
import { ENROLLED_FIRST } from '../../policy/factor-kind.ts';
import type { Caller } from '../caller.ts';
import { anybody, identifyUser } from '../identify.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import type { SignInInput } from './chart.ts';

export async function startSignIn(
  { runner, factors, ring }: { runner: WorkflowRunner; factors: FactorRegistry; ring: KeyRing },
  { identifier, tenantId }: { identifier: Identifier | null; tenantId: string },
  caller: Caller,
): Promise<WorkflowReply> {
  await runner.admit(caller);
  const { account, addressId, deviceId, subject, secondFactorPolicy, sms } =
    identifier === null
      ? await anybody(tenantId, caller)
      : await identifyUser(ring, identifier, tenantId, caller);
  const input: SignInInput = {
    offered:
      identifier === null ? factors.identifying(tenantId) : factors.firstFor(identifier.kind, sms, tenantId),
    addressId,
    secondFactorPolicy,
    isAnonymous: identifier === null,
    enrolls: ENROLLED_FIRST,
    newAuthenticatorId: randomId(),
  };
  return runner.start({ name: 'sign-in', input, tenantId, account, subject, deviceId }, caller);
}
