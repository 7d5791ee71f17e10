// What a user's browsers should show of their passkeys.
import { type PasskeyAccount, passkeyAccounts } from '../../factors/passkey/browser-accounts.ts';
import { builder } from '../builder.ts';
import { UserType } from './user.ts';

const PasskeyAccountType = builder.objectRef<PasskeyAccount>('PasskeyAccount').implement({
  description:
    'What a browser should show of a user’s passkeys. After a passkey was removed, or the name or email address was changed, pass it to `PublicKeyCredential.signalAllAcceptedCredentials` and `signalCurrentUserDetails`. `signalPasskeys` of `stepgate/client` does it.',
  fields: (t) => ({
    rpId: t.exposeString('rpId', { description: 'The domain that the passkeys belong to.' }),
    userId: t.exposeString('userId', {
      description: 'The user handle in the passkeys, in base64url. It is not the id of the user.',
    }),
    name: t.exposeString('name', {
      description: 'The email address of the user, by which they recognize the account.',
    }),
    displayName: t.exposeString('displayName', {
      description: 'The name of the user, or the email address if there is none.',
    }),
    credentialIds: t.exposeStringList('credentialIds', {
      description:
        'The ids of the passkeys that still work, in base64url. Browsers forget the others: if it is empty, all of them.',
    }),
  }),
});

builder.objectField(UserType, 'passkeyAccounts', (t) =>
  t.field({
    type: [PasskeyAccountType],
    description:
      'What the user’s browsers should show of their passkeys. Usually one; more for passkeys that were imported. Empty if the server does not offer passkeys.',
    resolve: ({ id }, _args, { em, services }) =>
      services.passkeys === null ? [] : passkeyAccounts(em, services.passkeys, id),
  }),
);
