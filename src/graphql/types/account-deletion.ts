// The scheduled deletion of an account.
import type { Deletion } from '../../users/deletion.ts';
import { builder } from '../builder.ts';

export const AccountDeletionType = builder.objectRef<Deletion>('AccountDeletion').implement({
  description: 'The scheduled deletion of an account. Until it is due, `cancelDeletion` takes it back.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'scheduledFor' in value,
  fields: (t) => ({
    requestedAt: t.expose('requestedAt', {
      type: 'DateTime',
      description: 'When the deletion was asked for, and all sessions ended.',
    }),
    scheduledFor: t.expose('scheduledFor', {
      type: 'DateTime',
      description: 'From when on everything that is kept about the user is erased.',
    }),
  }),
});
