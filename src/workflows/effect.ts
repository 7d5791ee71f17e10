// What a chart can ask for. A chart only names effects, as data; `effects.ts` performs them.
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

interface EffectParams {
  /** Make a challenge and send it. `authenticatorId`: to which phone number. */
  sendChallenge: { readonly factor: FactorKind; readonly authenticatorId: string | null };
  /** The address was proved: the account counts from now on. */
  activateUser: undefined;
  /** The address was proved, and it has an account already: its owner is told. */
  tellOwner: undefined;
  /** Make the secret of a new authenticator, which does not count yet. */
  createAuthenticator: {
    readonly factor: FactorKind;
    readonly authenticatorId: string;
    readonly label: string | null;
  };
  /** The new authenticator was proved. */
  confirmAuthenticator: {
    readonly factor: FactorKind;
    readonly authenticatorId: string;
    /** False for a phone number that only identifies its user. */
    readonly isSecondFactor: boolean;
  };
  /** Make backup codes, with the first second factor, and show them in this reply and never again. */
  giveBackupCodes: undefined;
  /** A new session that holds this evidence. */
  issueSession: { readonly evidence: readonly Evidence[] };
  /** Tell the user, unless this device is known. */
  tellOfNewDevice: undefined;
  /** Add evidence to the session that the workflow belongs to. */
  recordEvidence: { readonly evidence: Evidence };
  /** The proof is good for the operation that the workflow is bound to, once, and is no evidence of the session. */
  grantOperation: { readonly proof: Evidence; readonly seconds: number };
  /** New tokens for the session that the workflow belongs to. */
  renewTokens: undefined;
  /** The password that was chosen in this step counts from now on. */
  setPassword: undefined;
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
  tellOwner: performedByTheRunner,
  createAuthenticator: performedByTheRunner,
  confirmAuthenticator: performedByTheRunner,
  giveBackupCodes: performedByTheRunner,
  issueSession: performedByTheRunner,
  tellOfNewDevice: performedByTheRunner,
  recordEvidence: performedByTheRunner,
  grantOperation: performedByTheRunner,
  renewTokens: performedByTheRunner,
  setPassword: performedByTheRunner,
};
