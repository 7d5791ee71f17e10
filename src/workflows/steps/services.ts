// The services that steps of all workflows use.
import type { MessageLimits } from '../../delivery/message-limits.ts';
import type { NewPasswords } from '../../factors/password/new-passwords.ts';
import type { RefusalTally } from '../../persistence/refusal-tally.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EffectServices } from '../effects/effect.ts';
import type { NetworkLimits } from '../network-limits.ts';
import type { WaitingClients } from '../waiting-clients.ts';

export interface StepServices extends EffectServices {
  readonly clock: Clock;
  readonly passwords: NewPasswords;
  readonly limits: MessageLimits;
  readonly networks: NetworkLimits;
  readonly refusals: RefusalTally;
  readonly waiting: WaitingClients;
}
