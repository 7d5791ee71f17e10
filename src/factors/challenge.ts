// A code or a link that was sent. It can be used once.
import { statement } from '../persistence/statement.ts';
import { readTime } from '../platform/clock.ts';
import { keyedDigest, matchesKeyedDigest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Consume, VerificationRequest } from './factor.ts';
import type { StoredChallenge } from './factor-exchange.ts';
import { readCode } from './typed-code.ts';

interface Place {
  readonly workflowId: string;
  readonly challengeId: string;
}

/** Binds a code to its workflow and challenge, so that the same six digits prove nothing in another one. */
export function digestOfCode(ring: KeyRing, { workflowId, challengeId }: Place, code: string): string {
  return keyedDigest(ring, 'code', `${workflowId}:${challengeId}:${code}`);
}

/** The challenge, if it is neither used nor expired. */
export function openChallenge({
  challenge,
  now,
}: Pick<VerificationRequest, 'challenge' | 'now'>): StoredChallenge | null {
  const isOpen = challenge !== null && !challenge.consumed && readTime(challenge.expiresAt) > now;
  return isOpen ? challenge : null;
}

/** The open challenge that this code answers. Null when there is none, or when the code is wrong. */
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

/** Marks the challenge as used. Fails if another request used or replaced it first. */
export function consume({ id, codeDigest }: StoredChallenge, now: Date): Consume {
  return (unitOfWork) => unitOfWork.requireWrite(USE_UP({ id, codeDigest, now }));
}

/** Returns no row if another request was first. */
export const USE_UP = statement(
  (sql, { id, codeDigest, now }: { id: string; codeDigest: string; now: Date }) =>
    sql
      .updateTable('challenge')
      .set({ consumed_at: now })
      .where('id', '=', id)
      .where('code_digest', '=', codeDigest)
      .where('consumed_at', 'is', null)
      .returning('id'),
);
