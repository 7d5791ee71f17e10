// Starts a sign-in. An identifier in the domain of an organization is sent to its identity provider, whether or not the account
// exists: such a workflow does not know the account.
import type { Capture } from '../../factors/capture.ts';
import type { Identifier } from '../../factors/identifier.ts';
import { ProviderUnavailable } from '../../factors/oauth/errors.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomId } from '../../platform/random.ts';
import { ENROLLED_FIRST, FactorKind } from '../../policy/factor-kind.ts';
import type { Caller } from '../caller.ts';
import { anybody, anybodysSubject, type Identified, identifyUser, nameOf } from '../identify.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import type { SignInInput } from './chart.ts';

interface Services {
  readonly runner: WorkflowRunner;
  readonly factors: FactorRegistry;
  readonly ring: KeyRing;
}

interface Wanted {
  readonly identifier: Identifier | null;
  readonly tenantId: string;
  /** Whether an administrator wants to sign in without the provider of their domain. */
  readonly withoutProvider: boolean;
}

/** How it begins. */
type Beginning = Pick<Identified, 'account' | 'addressId' | 'deviceId' | 'subject'> &
  Pick<SignInInput, 'offered' | 'isAnonymous' | 'providerId' | 'domainId'>;

/** @throws {ProviderUnavailable} */
export async function startSignIn(
  services: Services,
  wanted: Wanted,
  caller: Caller,
): Promise<WorkflowReply> {
  const { runner, ring } = services;
  const { identifier, tenantId, withoutProvider } = wanted;
  await runner.admit(caller);
  const found =
    identifier === null
      ? await anybody(tenantId, caller)
      : await identifyUser(ring, identifier, tenantId, caller);
  const { capture } = found;
  const { account, addressId, deviceId, subject, ...begun } =
    capture !== null && !withoutProvider
      ? atProvider(services, tenantId, capture)
      : beginning(services, wanted, found);
  const input: SignInInput = {
    ...begun,
    addressId,
    secondFactorPolicy: found.secondFactorPolicy,
    enrolls: ENROLLED_FIRST,
    newAuthenticatorId: randomId(),
  };
  return runner.start({ name: 'sign-in', input, tenantId, account, subject, deviceId }, caller);
}

function beginning(
  { factors, ring }: Services,
  { identifier, tenantId }: Wanted,
  found: Identified,
): Beginning {
  const isAnonymous = identifier === null;
  const offered = isAnonymous
    ? factors.identifying(tenantId)
    : factors.firstFor(identifier.kind, found.sms, tenantId);
  const { account, addressId, deviceId } = found;
  const begun = {
    account,
    addressId,
    deviceId,
    subject: found.subject,
    offered,
    isAnonymous,
    providerId: null,
    domainId: null,
  };
  if (found.capture === null || isAnonymous || account?.withoutProvider === true) return begun;
  // Everybody else is unknown here, so that nobody learns who the administrators are.
  const subject = nameOf(ring, tenantId, identifier.value);
  return { ...begun, account: null, addressId: null, deviceId: null, subject };
}

/** @throws {ProviderUnavailable} when the provider of the domain is no longer configured. */
function atProvider({ factors }: Services, tenantId: string, { providerId, domainId }: Capture): Beginning {
  if (factors.providers.find(tenantId, providerId) === null) throw new ProviderUnavailable(null);
  return {
    account: null,
    addressId: null,
    deviceId: null,
    subject: anybodysSubject(),
    offered: [FactorKind.OAUTH],
    isAnonymous: true,
    providerId,
    domainId,
  };
}
