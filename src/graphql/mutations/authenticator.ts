// What users can do with their enrolled factors. `@stepUp` guards everything here: the API uses its own directive.
import { regenerateBackupCodes } from '../../factors/backup-codes/regenerate.ts';
import { LastWayIn } from '../../factors/last-way-in.ts';
import { removeAuthenticator } from '../../factors/remove-authenticator.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { FactorKindEnum } from '../types/enums.ts';

const BackupCodes = builder.objectRef<{ codes: readonly string[] }>('BackupCodes').implement({
  description: 'New backup codes. They are returned only once.',
  fields: (t) => ({
    codes: t.stringList({
      description: 'Ten single-use codes of 80 random bits each.',
      resolve: (it) => [...it.codes],
    }),
  }),
});

builder.mutationField('regenerateBackupCodes', (t) =>
  t.field({
    type: BackupCodes,
    nullable: true,
    stepUp: true,
    description: 'Creates ten new backup codes. Your old backup codes stop working. You are notified.',
    resolve: async (_root, _args, context) => {
      const { services, ...caller } = signedIn(context);
      return { codes: await regenerateBackupCodes(services, { ...caller, now: services.clock.now() }) };
    },
  }),
);

const RemovedAuthenticator = builder
  .objectRef<{ id: string; factor: FactorKind }>('RemovedAuthenticator')
  .implement({
    description: 'An authenticator that was removed.',
    isTypeOf: (value) => typeof value === 'object' && value !== null && 'factor' in value,
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The id of the removed authenticator.' }),
      factor: t.field({
        type: FactorKindEnum,
        description: 'The factor that the authenticator proved.',
        resolve: (it) => it.factor,
      }),
    }),
  });

builder.mutationField('removeAuthenticator', (t) =>
  t.errorUnionField({
    types: [RemovedAuthenticator, NotFound, LastWayIn, Conflict],
    nullable: true,
    stepUp: true,
    description:
      'Removes one of your authenticators: a passkey, an authenticator app, a device that approves or a phone number. Its proofs no longer count in any of your sessions. If it is your last second factor, your backup codes are removed too. You are notified.',
    args: {
      id: t.arg.id({
        required: true,
        description: 'The id of one of your `authenticators` or `phoneNumbers`, as in `viewer`.',
      }),
    },
    resolve: async (_root, { id }, context) => {
      const { services, ...caller } = signedIn(context);
      const removed = isUuid(id)
        ? await removeAuthenticator(services, id, { ...caller, now: services.clock.now() })
        : null;
      if (removed === null) throw new NotFound();
      return removed;
    },
  }),
);
