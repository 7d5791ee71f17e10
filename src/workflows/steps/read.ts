// Reads the current state of a workflow.
import { sqlOf } from '../../persistence/orm.ts';
import type { Caller } from '../caller.ts';
import { isChartName } from '../chart-name.ts';
import { stepOf } from './open-step.ts';
import { present, type WorkflowReply } from './reply.ts';
import { findWorkflow } from './row.ts';
import { isOpenTo, restore } from './running.ts';
import type { StepServices } from './services.ts';

/** @returns null if the workflow does not exist or the caller may not see it. */
export async function read(
  services: StepServices,
  id: string,
  caller: Caller,
): Promise<WorkflowReply | null> {
  const row = await findWorkflow(sqlOf(caller.em), id);
  if (row === null || !isChartName(row.chart)) return null;
  const now = services.clock.now();
  const running = restore(row, row.chart, now);
  if (!isOpenTo(running, caller.session)) return null;
  return present(services, stepOf(services, running, { id, caller, now }), running.snapshot);
}
