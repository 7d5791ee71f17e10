// What a chart can ask for. A chart only names effects, as data; `effects.ts` performs them.
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

interface EffectParams {
  /** Make a challenge and send it. */
  sendChallenge: { readonly factor: FactorKind };
  /** The address was proved: the account counts from now on. */
  activateUser: undefined;
  /** Make the secret of a new authenticator, which does not count yet. */
  createAuthenticator: {
    readonly factor: FactorKind;
    readonly authenticatorId: string;
    readonly label: string | null;
  };
  /** The new authenticator was proved. */
  confirmAuthenticator: { readonly factor: FactorKind; readonly authenticatorId: string };
  /** Make backup codes, with this first second factor, and show them in this reply and never again. */
  giveBackupCodes: { readonly authenticatorId: string };
  /** A new session that holds this evidence. */
  issueSession: { readonly evidence: readonly Evidence[] };
  /** Add evidence to the session that the workflow belongs to. */
  recordEvidence: { readonly evidence: Evidence };
  /** New tokens for the session that the workflow belongs to. */
  renewTokens: undefined;
}

export type Effect = {
  [Type in keyof EffectParams]: { readonly type: Type; readonly params: EffectParams[Type] };
}[keyof EffectParams];

type DeclaredEffects = {
  [Type in keyof EffectParams]: (args: unknown, params: EffectParams[Type]) => void;
};

const performedByTheRunner = (): void => {};

/** The effects as XState wants its actions declared. They do nothing: a transition only returns their names. */
export const EFFECTS: DeclaredEffects = {
  sendChallenge: performedByTheRunner,
  activateUser: performedByTheRunner,
  createAuthenticator: performedByTheRunner,
  confirmAuthenticator: performedByTheRunner,
  giveBackupCodes: performedByTheRunner,
  issueSession: performedByTheRunner,
  recordEvidence: performedByTheRunner,
  renewTokens: performedByTheRunner,
};
