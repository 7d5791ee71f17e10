// Creates a challenge and sends it. It replaces the previous one of the same factor and does not reset the attempts.
import { sql as raw } from 'kysely';
import { jsonText } from '../../persistence/jsonb.ts';
import { randomId } from '../../platform/random.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { openApproves, operationDigestOf } from '../approves.ts';
import type { PerformEffect } from './effect.ts';

interface Params {
  readonly factor: FactorKind;
  /** The phone number to use if there may be several. */
  readonly authenticatorId: string | null;
}

export const sendChallenge: PerformEffect<Params> = (
  { factors, outbox, ring },
  {
    row,
    name: purpose,
    isFirst = true,
    account,
    caller: { client },
    hint = null,
    gathered = null,
    now,
    unitOfWork,
  },
  { factor: kind, authenticatorId },
) => {
  const factor = factors.get(kind);
  const challengeId = randomId();
  const prepared = factor?.prepare?.({
    workflowId: row.id,
    challengeId,
    account,
    authenticatorId,
    isFirst,
    purpose,
    approves: openApproves(ring, row.id, row.approves),
    operationDigest: operationDigestOf(ring, row.id, row.operationText),
    client,
    gathered,
    now,
  });
  if (factor === undefined || prepared === undefined) throw new Error(`${kind} does not send challenges.`);
  const { digest, expiresAt, message, request = null, revealed, secret = null, spend } = prepared;
  spend?.(unitOfWork);
  outbox.withdraw(
    unitOfWork,
    (sql) =>
      sql
        .selectFrom('challenge')
        .select('message_id')
        .where('workflow_id', '=', row.id)
        .where('factor', '=', kind)
        .$asScalar(),
    now,
  );
  const messageId = message && outbox.add(unitOfWork, message, now, expiresAt);
  const sent = {
    id: challengeId,
    message_id: messageId,
    code_digest: digest,
    data: request && jsonText(request),
    secret,
    authenticator_id: authenticatorId,
    hint,
    ip: client.ip,
    user_agent: client.userAgent,
    sent_at: now,
    expires_at: expiresAt,
    approved_at: null,
    consumed_at: null,
  };
  unitOfWork.write((sql) =>
    sql
      .insertInto('challenge')
      .values({ ...sent, workflow_id: row.id, factor: kind, times_sent: 1 })
      .onConflict((conflict) =>
        conflict
          .columns(['workflow_id', 'factor'])
          .doUpdateSet({ ...sent, times_sent: raw`challenge.times_sent + 1` }),
      ),
  );
  return {
    challenge: {
      factor: kind,
      hint,
      sentAt: now,
      expiresAt,
      approvedAt: null,
      request: revealed === undefined ? request : { ...request, ...revealed },
    },
    ...(message && { sends: message }),
  };
};
