// The events of a scene, and which of the paths that they open are played.
import type { AnyMachineSnapshot } from 'xstate';
import { type Evidence, evidenceOf } from '../../../src/policy/evidence.ts';
import type { FactorKind } from '../../../src/policy/factor-kind.ts';
import type { WorkflowEvent } from '../../../src/workflows/event.ts';
import type { Proved } from './proofs.ts';
import { BY_EMAIL, BY_PHONE, type Scene } from './scenes.ts';

export function eventsOf({ proves, enrolled = [], phone, isWithoutMailbox = false }: Scene): WorkflowEvent[] {
  const byEmail = isWithoutMailbox ? (['PASSWORD'] as const) : BY_EMAIL;
  const first: FactorKind[] = [...byEmail, ...(phone === undefined ? [] : BY_PHONE.slice(1))];
  const held = { enrolled, first };
  const evidence = (factor: Proved) =>
    phone === 'IDENTIFIES' && factor.startsWith('PHONE') ? evidenceOf(factor, 0, []) : evidenceOf(factor, 0);
  return [
    ...proves.map((factor) => ({ type: 'PROVE', evidence: evidence(factor), ...held }) as const),
    { type: 'CHOOSE_PASSWORD', ...held },
    { type: 'EXHAUST' },
    { type: 'EXPIRE' },
  ];
}

/** If nothing can be proved, no attempt can be the last one. */
export function isPlayable({ steps }: { steps: readonly { state: unknown; event: unknown }[] }): boolean {
  return steps.every(
    ({ event }, at) =>
      (event as WorkflowEvent).type !== 'EXHAUST' ||
      (steps[at - 1]?.state as AnyMachineSnapshot | undefined)?.value !== 'newPassword',
  );
}

/**
 * A workflow is left, or its attempts are spent, once in each state after each factor, in whichever order the others were
 * proved before.
 */
export function isFirstOfItsKind(): (path: {
  steps: readonly { state: unknown; event: unknown }[];
}) => boolean {
  const met = new Set<string>();
  return ({ steps }) => {
    const type = (steps.at(-1)?.event as WorkflowEvent | undefined)?.type;
    const before = steps.at(-2)?.state as AnyMachineSnapshot | undefined;
    if ((type !== 'EXHAUST' && type !== 'EXPIRE') || before === undefined) return true;
    const kind = JSON.stringify([type, before.value, factorsOf(before).at(-1)]);
    const { size } = met;
    return met.add(kind).size > size;
  };
}

export function factorsOf({ context }: AnyMachineSnapshot): string[] {
  return ((context as { evidence?: Evidence[] }).evidence ?? []).map((one) => one.factor);
}

export function nameOf({ steps }: { steps: readonly { event: unknown }[] }): string {
  const words = (steps as readonly { event: WorkflowEvent }[])
    .slice(1)
    .map(({ event }) => (event.type === 'PROVE' ? event.evidence.factor : event.type));
  return ['as it begins', ...words].join(', then ');
}
