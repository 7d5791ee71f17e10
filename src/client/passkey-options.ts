// How an application asks for a passkey, and whether it can.

/** The options of `workflow.passkey()`. */
export interface PasskeyOptions {
  /**
   * Offers passkeys among the suggestions of an input field with `autocomplete="username webauthn"`, instead of in a
   * dialog. Waits until the user picks one.
   */
  readonly autofill?: boolean;
  /** Stops waiting for the user. */
  readonly signal?: AbortSignal;
  /** Asks for one passkey, from `factors`. */
  readonly authenticatorId?: string | null;
}

interface Browser {
  readonly PublicKeyCredential?: {
    parseRequestOptionsFromJSON?(options: unknown): object;
    isConditionalMediationAvailable?(): Promise<boolean>;
  };
}

/** Whether passkeys can be offered as suggestions of an input field. */
export async function canAutofillPasskeys(): Promise<boolean> {
  const { PublicKeyCredential } = globalThis as unknown as Browser;
  if (PublicKeyCredential?.parseRequestOptionsFromJSON === undefined) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
}
