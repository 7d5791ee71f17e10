// What a user does with the factors that they have. Everything here is behind `@stepUp`: the API is the first user of
// its own directive.
import { regenerateBackupCodes } from '../../factors/backup-codes/regenerate.ts';
import { removeAuthenticator } from '../../factors/remove-authenticator.ts';
import { Conflict } from '../../persistence/settlement.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { FactorKindEnum } from '../types/enums.ts';

const BackupCodes = builder.objectRef<{ codes: readonly string[] }>('BackupCodes').implement({
  description: 'New backup codes. They are shown now and never again.',
  fields: (t) => ({
    codes: t.stringList({
      description: 'Ten codes of 80 random bits, each good for one use.',
      resolve: (it) => [...it.codes],
    }),
  }),
});

builder.mutationField('regenerateBackupCodes', (t) =>
  t.field({
    type: BackupCodes,
    nullable: true,
    stepUp: true,
    description: 'Makes ten new backup codes; the old ones are void. The user gets a message.',
    resolve: async (_root, _args, context) => {
      const { services, ...caller } = signedIn(context);
      return { codes: await regenerateBackupCodes(services, { ...caller, now: services.clock.now() }) };
    },
  }),
);

const RemovedAuthenticator = builder
  .objectRef<{ id: string; factor: FactorKind }>('RemovedAuthenticator')
  .implement({
    description: 'An authenticator that is gone.',
    isTypeOf: (value) => typeof value === 'object' && value !== null && 'factor' in value,
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Its id.' }),
      factor: t.field({ type: FactorKindEnum, description: 'Its kind.', resolve: (it) => it.factor }),
    }),
  });

builder.mutationField('removeAuthenticator', (t) =>
  t.errorUnionField({
    types: [RemovedAuthenticator, NotFound, Conflict],
    nullable: true,
    stepUp: true,
    description:
      'Removes one of your authenticators: an authenticator app, or a phone number. What it proved is no evidence any more in any session; with the last one the backup codes go too. The user gets a message.',
    args: {
      id: t.arg.id({
        required: true,
        description: 'The id of one of your `authenticators` or `phoneNumbers`.',
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
