// An administrator merges two users of one person who can no longer prove one of them. Neither user has a role, so that nobody gets
// a way in to an administrator, and all sessions of both end.
import type { Outbox } from '../../delivery/outbox.ts';
import { byAdministrator } from '../../persistence/audit.ts';
import { atomically } from '../../persistence/transaction.ts';
import type { Owner } from '../../sessions/owner.ts';
import { endSessions } from '../../sessions/revocation.ts';
import { MergeWithRoles } from './errors.ts';
import { mergeUsers } from './merge.ts';

interface Wanted {
  readonly userId: string;
  readonly intoUserId: string;
  readonly reason: string;
}

/** False when there are no such users in the administrator's tenant. @throws {UserError} */
export function mergeAsAdministrator(
  services: { readonly outbox: Outbox },
  { userId: fromId, intoUserId: intoId, reason }: Wanted,
  { em, session, client, now }: Owner,
): Promise<boolean> {
  const { tenantId } = session;
  const actor = byAdministrator(session, client);
  return atomically(em, async (transaction) => {
    const isDone = await mergeUsers(
      services,
      { tenantId, fromId, intoId },
      {
        em: transaction,
        client,
        actor,
        reason,
        now,
        isAllowed: async () => true,
        refuse(from, into) {
          if (from.roles.length > 0 || into.roles.length > 0) throw new MergeWithRoles();
        },
      },
    );
    if (isDone)
      await endSessions({ em: transaction, client }, { userId: intoId, actor }, (live) => live, now);
    return isDone;
  });
}
