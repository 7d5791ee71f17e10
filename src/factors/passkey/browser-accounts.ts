// What a browser should show of a user's passkeys, as the Signal API takes it (WebAuthn Level 3, section 5.1.10).
import type { PasskeySettings } from '../../config/settings.ts';
import type { EntityManager } from '../../persistence/orm.ts';
import { findAccount } from '../account.ts';
import { passkeysAmong, userHandleOf } from './credential.ts';

export interface PasskeyAccount {
  readonly rpId: string;
  /** The user handle, base64url. */
  readonly userId: string;
  readonly name: string;
  readonly displayName: string;
  /** Base64url. */
  readonly credentialIds: readonly string[];
}

/** One for each user handle: imported passkeys have that of the other system. Passkeys made here have ours. */
export async function passkeyAccounts(
  em: EntityManager,
  { rpId }: PasskeySettings,
  userId: string,
): Promise<PasskeyAccount[]> {
  const account = await findAccount(em, userId);
  if (account === null) return [];
  const credentials = passkeysAmong(account.authenticators).map(({ credential }) => credential);
  const name = account.email?.typed ?? 'account';
  return [...new Set([userHandleOf(account), ...credentials.map(({ userHandle }) => userHandle)])].map(
    (handle) => ({
      rpId,
      userId: handle,
      name,
      displayName: account.name ?? name,
      credentialIds: credentials
        .filter(({ userHandle }) => userHandle === handle)
        .map(({ credentialId }) => credentialId),
    }),
  );
}
