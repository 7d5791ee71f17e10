// The state in which a user who needs a second factor and has none enrolls the first one. The sign-in and sign-up
// charts share it. It requires the guard `provesFirstAuthenticator` and the action `keepEvidence`.
import type { FactorKind } from '../policy/factor-kind.ts';
import type { WorkflowEvent } from './event.ts';

export interface FirstAuthenticator {
  /** What it will be, as policy says when the workflow starts. */
  readonly enrolls: FactorKind;
  /** The id that the new authenticator will have. */
  readonly newAuthenticatorId: string;
}

interface Asked {
  readonly context: FirstAuthenticator;
}

/** A user who has got a second factor meanwhile proves that one; nobody enrolls a way around it. */
export function provesFirstAuthenticator({
  context,
  event,
}: Asked & { readonly event: WorkflowEvent }): boolean {
  return event.type === 'PROVE' && event.evidence.factor === context.enrolls && event.enrolled.length === 0;
}

const authenticator = ({ context }: Asked) => ({
  factor: context.enrolls,
  authenticatorId: context.newAuthenticatorId,
});

export const firstAuthenticator = {
  entry: {
    type: 'createAuthenticator',
    params: ({ context }: Asked) => ({ ...authenticator({ context }), label: null }),
  },
  on: {
    PROVE: {
      guard: 'provesFirstAuthenticator',
      target: 'complete',
      actions: [
        'keepEvidence',
        {
          type: 'confirmAuthenticator',
          params: ({ context }: Asked) => ({
            ...authenticator({ context }),
            isSecondFactor: true,
          }),
        },
        'giveBackupCodes',
      ],
    },
  },
} as const;
