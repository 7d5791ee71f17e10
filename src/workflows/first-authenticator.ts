// The state in which a user who needs a second factor and has none enrolls the first one. The sign-in and sign-up
// charts share it. It requires the guard `provesFirstAuthenticator` and the action `keepEvidence`.
import { FactorKind } from '../policy/factor-kind.ts';
import type { WorkflowEvent } from './event.ts';

interface Context {
  /** The id of the new authenticator. */
  readonly newAuthenticatorId: string;
}

/** A user who has gained a second factor in the meantime must prove it. Enrolling another one would bypass it. */
export function provesFirstAuthenticator({ event }: { readonly event: WorkflowEvent }): boolean {
  return event.type === 'PROVE' && event.evidence.factor === FactorKind.TOTP && event.enrolled.length === 0;
}

const authenticator = ({ context }: { readonly context: Context }) => ({
  factor: FactorKind.TOTP,
  authenticatorId: context.newAuthenticatorId,
});

export const firstAuthenticator = {
  entry: {
    type: 'createAuthenticator',
    params: ({ context }: { readonly context: Context }) => ({ ...authenticator({ context }), label: null }),
  },
  on: {
    PROVE: {
      guard: 'provesFirstAuthenticator',
      target: 'complete',
      actions: [
        'keepEvidence',
        {
          type: 'confirmAuthenticator',
          params: ({ context }: { readonly context: Context }) => ({
            ...authenticator({ context }),
            isSecondFactor: true,
          }),
        },
        'giveBackupCodes',
      ],
    },
  },
} as const;
