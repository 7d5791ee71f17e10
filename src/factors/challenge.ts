// A code or a link that was sent, and its single use.
import { readTime } from '../platform/clock.ts';
import { keyedDigest, matchesKeyedDigest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Consume, StoredChallenge, VerificationRequest } from './factor.ts';
import { readCode } from './typed-code.ts';

interface Place {
  readonly workflowId: string;
  readonly challengeId: string;
}

/** A code is bound to its workflow and its challenge: the same six digits prove nothing in another one. */
export function digestOfCode(ring: KeyRing, { workflowId, challengeId }: Place, code: string): string {
  return keyedDigest(ring, 'code', `${workflowId}:${challengeId}:${code}`);
}

/** The challenge, if it can still be answered. */
export function openChallenge({ challenge, now }: VerificationRequest): StoredChallenge | null {
  const isOpen = challenge !== null && !challenge.consumed && readTime(challenge.expiresAt) > now;
  return isOpen ? challenge : null;
}

/** The open challenge that this code answers. Null: there is none, or the code is wrong. */
export function answeredByCode(
  ring: KeyRing,
  code: string,
  request: VerificationRequest,
): StoredChallenge | null {
  const challenge = openChallenge(request);
  const matches =
    challenge !== null &&
    matchesKeyedDigest(
      ring,
      'code',
      `${request.workflowId}:${challenge.id}:${readCode(code)}`,
      challenge.codeDigest,
    );
  return matches ? challenge : null;
}

/** Two uses of one challenge have one winner; one that was replaced meanwhile has none. */
export function consume({ id, codeDigest }: StoredChallenge, now: Date): Consume {
  return async (sql) => {
    const { numUpdatedRows } = await sql
      .updateTable('challenge')
      .set({ consumed_at: now })
      .where('id', '=', id)
      .where('code_digest', '=', codeDigest)
      .where('consumed_at', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  };
}
