// A code that was sent, and its single use.
import { matchesKeyedDigest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Consume, StoredChallenge, Verdict } from './factor.ts';
import { REJECTED } from './factor.ts';

/** A code is bound to its workflow: the same six digits prove nothing in another one. */
export function codeValue(workflowId: string, code: string): string {
  return `${workflowId}:${code}`;
}

export function verifyCode(
  ring: KeyRing,
  code: string,
  request: { readonly workflowId: string; readonly challenge: StoredChallenge | null; readonly now: Date },
): Verdict {
  const { challenge, workflowId, now } = request;
  if (challenge === null || challenge.consumed || new Date(challenge.expiresAt) <= now) return REJECTED;
  if (!matchesKeyedDigest(ring, 'code', codeValue(workflowId, code), challenge.codeDigest)) return REJECTED;
  return { accepted: true, consume: consume(challenge, now) };
}

/** Two uses of one code have one winner; a code that was replaced meanwhile has none. */
function consume(challenge: StoredChallenge, now: Date): Consume {
  return async (sql) => {
    const { numUpdatedRows } = await sql
      .updateTable('challenge')
      .set({ consumed_at: now })
      .where('id', '=', challenge.id)
      .where('code_digest', '=', challenge.codeDigest)
      .where('consumed_at', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  };
}
