// Proofs that are bound to one operation: granted when a step-up for it is complete, used up once, by one conditional
// update. They are no evidence: they open nothing else in the session.
import type { Sql } from '../persistence/orm.ts';
import type { Settlement } from '../persistence/settlement.ts';
import { addSeconds, secondsOf } from '../platform/clock.ts';
import { keyedDigest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import { type Requirement, StepUpRequire } from '../policy/requirement.ts';
import type { PresentedSession } from './presented.ts';

/** How long a grant waits for its operation when nobody says otherwise. */
export const DEFAULT_GRANT_SECONDS = 300;

export function keyedOperation(ring: KeyRing, digest: string, keyId?: string): string {
  return keyedDigest(ring, 'operation', digest, keyId);
}

export function grantOperation(
  settlement: Settlement,
  grant: { readonly sessionId: string; readonly digest: string; readonly proof: Evidence },
  seconds: number,
  now: Date,
): void {
  settlement.insert('operation_grant', {
    id: randomId(),
    session_id: grant.sessionId,
    digest: grant.digest,
    factor: grant.proof.factor,
    proved_at: new Date(grant.proof.completedAt * 1000),
    expires_at: addSeconds(now, seconds),
    consumed_at: null,
  });
}

/**
 * Uses up one grant of this session for this operation. Of two at the same moment one wins. What was proved must be
 * what is demanded, and as fresh: whoever started the step-up may have asked for less. A token from before the proof is
 * refused: its holder may not be the one who proved.
 */
export async function consumeGrant(
  sql: Sql,
  ring: KeyRing,
  session: PresentedSession,
  digest: string,
  { accept, require, maxAge }: Pick<Requirement, 'accept' | 'require' | 'maxAge'>,
  now: Date,
): Promise<boolean> {
  const takesFirstFactor = require === StepUpRequire.STRONGEST_ENROLLED && session.enrolled.length === 0;
  const digests = ring.ids.map((keyId) => keyedOperation(ring, digest, keyId));
  const used = await sql
    .updateTable('operation_grant')
    .set({ consumed_at: now })
    .where('consumed_at', 'is', null)
    .where('id', '=', (it) =>
      it
        .selectFrom('operation_grant as g')
        .innerJoin('session as s', 's.id', 'g.session_id')
        .select('g.id')
        .where('g.session_id', '=', session.id)
        .where('s.revoked_at', 'is', null)
        .where('g.digest', 'in', digests)
        .where('g.consumed_at', 'is', null)
        .where('g.expires_at', '>', now)
        .where('g.proved_at', '>=', addSeconds(wholeSecond(now), -maxAge))
        .where('g.proved_at', '<=', new Date(session.token.issuedAt * 1000))
        .$if(!takesFirstFactor, (query) => query.where('g.factor', 'in', [...accept]))
        .orderBy('g.proved_at')
        .limit(1)
        .forUpdate('g')
        .skipLocked(),
    )
    .returning('id')
    .execute();
  return used.length === 1;
}

/** What these factors proved approves nothing any more. @returns the deletion, to be done with what takes them away. */
export function voidGrants(sql: Sql, userId: string, factors: readonly FactorKind[]) {
  return sql
    .deleteFrom('operation_grant')
    .where('factor', 'in', [...factors])
    .where('session_id', 'in', (it) => it.selectFrom('session').select('id').where('user_id', '=', userId));
}

/** Ages are counted in whole seconds, as those of evidence are. */
function wholeSecond(now: Date): Date {
  return new Date(secondsOf(now) * 1000);
}
