// Adds evidence to the session that the workflow belongs to. A session that was revoked in the meantime fails the step.
import { type Evidence, withEvidence } from '../../policy/evidence.ts';
import { evidenceWith } from '../../sessions/evidence-in-sql.ts';
import { type PerformEffect, sessionOf } from './effect.ts';

interface Params {
  readonly evidence: Evidence;
}

export const recordEvidence: PerformEffect<Params> = (_services, step, { evidence }, outcome) => {
  const session = sessionOf(step, outcome);
  step.unitOfWork.requireWrite((sql) =>
    sql
      .updateTable('session')
      .set({ evidence: evidenceWith(evidence) })
      .where('id', '=', session.id)
      .where('revoked_at', 'is', null)
      .returning('id'),
  );
  return {
    session: {
      ...session,
      evidence: withEvidence(session.evidence, evidence),
      held: withEvidence(session.held, evidence),
    },
  };
};
