// Lets the proof approve the operation that the workflow is bound to, once. The session gains no evidence.
import type { Evidence } from '../../policy/evidence.ts';
import { grantOperation as addGrant } from '../../sessions/operation-grant.ts';
import { type PerformEffect, sessionOf } from './effect.ts';

interface Params {
  readonly proof: Evidence;
  readonly seconds: number;
}

export const grantOperation: PerformEffect<Params> = (_services, step, { proof, seconds }) => {
  const { operation } = step.row;
  if (operation === null) throw new Error('This workflow is not bound to an operation.');
  addGrant(
    step.unitOfWork,
    { sessionId: sessionOf(step, {}).id, digest: operation, proof },
    seconds,
    step.now,
  );
  return {};
};
