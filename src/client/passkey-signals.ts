// Tells the browser what has become of passkeys on the server, so that it offers no dead ones (WebAuthn Level 3, section
// 5.1.10). A signal is a hint: whether the browser follows it changes nothing on the server.
interface Signals {
  signalUnknownCredential?(options: object): Promise<void>;
  signalAllAcceptedCredentials?(options: object): Promise<void>;
  signalCurrentUserDetails?(options: object): Promise<void>;
}

/** The server has refused a passkey that was just created. */
export async function signalUnknownPasskey(rpId: string, credentialId: string): Promise<void> {
  await quietly(signals()?.signalUnknownCredential?.({ rpId, credentialId }));
}

/** What a browser shows of a user's passkeys, as `viewer.passkeyAccounts` returns it. */
export interface PasskeyAccount {
  readonly rpId: string;
  readonly userId: string;
  readonly name: string;
  readonly displayName: string;
  readonly credentialIds: readonly string[];
}

/**
 * Tells the browser which passkeys of a user are left, and what the user is called now.
 * Passkeys that are not in the list disappear from the browser, and with an empty list all of them.
 */
export async function signalPasskeys({
  rpId,
  userId,
  name,
  displayName,
  credentialIds,
}: PasskeyAccount): Promise<void> {
  await quietly(
    signals()?.signalAllAcceptedCredentials?.({
      rpId,
      userId,
      allAcceptedCredentialIds: credentialIds,
    }),
  );
  await quietly(signals()?.signalCurrentUserDetails?.({ rpId, userId, name, displayName }));
}

const signals = (): Signals | undefined =>
  (globalThis as { readonly PublicKeyCredential?: Signals }).PublicKeyCredential;

async function quietly(signal: Promise<void> | undefined): Promise<void> {
  await signal?.catch(() => {});
}
