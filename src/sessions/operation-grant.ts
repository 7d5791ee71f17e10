// Proofs bound to one operation. A step-up for the operation grants one, and a conditional update consumes it exactly
// once. They are not evidence, so they unlock nothing else in the session.
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import type { Row, UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds, secondsOf } from '../platform/clock.ts';
import { keyedDigest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import { type Requirement, StepUpRequire } from '../policy/requirement.ts';
import type { PresentedSession } from './presented.ts';

/** How long a grant is valid by default. */
export const DEFAULT_GRANT_SECONDS = 300;

export function keyedOperation(ring: KeyRing, digest: string, keyId?: string): string {
  return keyedDigest(ring, 'operation', digest, keyId);
}

interface Grant {
  readonly sessionId: string;
  readonly digest: string;
  readonly proof: Evidence;
}

export function grantOperation(unitOfWork: UnitOfWork, grant: Grant, seconds: number, now: Date): void {
  unitOfWork.insert('operation_grant', grantRow(grant, seconds, now));
}

export function grantRow(grant: Grant, seconds: number, now: Date): Row<'operation_grant'> {
  return {
    id: randomId(),
    session_id: grant.sessionId,
    digest: grant.digest,
    factor: grant.proof.factor,
    proved_at: new Date(grant.proof.completedAt * 1000),
    factor_enrolled_at: grant.proof.enrolledAt === undefined ? null : new Date(grant.proof.enrolledAt * 1000),
    expires_at: addSeconds(now, seconds),
    consumed_at: null,
  };
}

/**
 * Consumes one grant of this session for this operation. Of two concurrent calls, one wins. The proof must satisfy the
 * field's factors and maximum age, because the client may have started the step-up with weaker ones. A token issued
 * before the proof is refused, because its holder may not be the user who made the proof. An agent does
 * not make the proof: its user has approved its request, and it has one token only.
 */
export async function consumeGrant(
  em: EntityManager,
  ring: KeyRing,
  session: PresentedSession,
  digest: string,
  {
    accept,
    require,
    maxAge,
    minFactorAge,
  }: Pick<Requirement, 'accept' | 'require' | 'maxAge' | 'minFactorAge'>,
  now: Date,
): Promise<boolean> {
  const takesFirstFactor = require === StepUpRequire.STRONGEST_ENROLLED && session.enrolled.length === 0;
  const digests = ring.ids.map((keyId) => keyedOperation(ring, digest, keyId));
  const used = await sqlOf(em)
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
        // The user of an agent has approved what this agent asked for, and its only token is older.
        .$if(!session.agent, (query) =>
          query.where('g.proved_at', '<=', new Date(session.token.issuedAt * 1000)),
        )
        .$if(!takesFirstFactor, (query) => query.where('g.factor', 'in', [...accept]))
        .$if(minFactorAge > 0, (query) =>
          query.where('g.factor_enrolled_at', '<=', addSeconds(wholeSecond(now), -minFactorAge)),
        )
        .orderBy('g.proved_at')
        .limit(1)
        .forUpdate('g')
        .skipLocked(),
    )
    .returning('id')
    .execute();
  return used.length === 1;
}

/**
 * Revokes the grants proved with these factors.
 *
 * @returns the deletion, to be run together with the removal of the factors.
 */
export function voidGrants(sql: Sql, userId: string, factors: readonly FactorKind[]) {
  return sql
    .deleteFrom('operation_grant')
    .where('factor', 'in', [...factors])
    .where('session_id', 'in', (it) => it.selectFrom('session').select('id').where('user_id', '=', userId));
}

/** Ages are counted in whole seconds, like those of evidence. */
function wholeSecond(now: Date): Date {
  return new Date(secondsOf(now) * 1000);
}
