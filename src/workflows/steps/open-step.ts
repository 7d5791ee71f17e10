// Builds the step object of a workflow from its stored row.
import type { FactorChoice } from '../../factors/factor.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import type { Caller } from '../caller.ts';
import { viewOf } from '../charts.ts';
import { choices } from './choices.ts';
import { findWorkflow } from './row.ts';
import { runningOf } from './running.ts';
import type { StepServices } from './services.ts';
import type { Running, Step } from './step.ts';

export function stepOf(
  { factors }: Pick<StepServices, 'factors'>,
  running: Running,
  { id, caller, now, unitOfWork = new UnitOfWork() }: Pick<Step, 'id' | 'caller' | 'now'> & Partial<Step>,
): Step {
  const { account } = running.row;
  return { ...running, id, account, available: factors.availableFactors(account), caller, now, unitOfWork };
}

/** Reads a workflow that can take a step. @throws {UserError} the reason why it cannot. */
export async function openStep(services: StepServices, id: string, caller: Caller): Promise<Step> {
  const now = services.clock.now();
  const running = runningOf(await findWorkflow(sqlOf(caller.em), id), caller, now);
  return stepOf(services, running, { id, caller, now });
}

/** The workflow's `factors`, as the client sees them. */
export function offered({ factors }: Pick<StepServices, 'factors'>, step: Step): FactorChoice[] {
  return choices(factors, viewOf(step.name, step.snapshot).proves, step);
}
