// A test of an identity provider as the administrator sees it.
import type { SnapshotFrom } from 'xstate';
import { FactorKind } from '../../policy/factor-kind.ts';
import { viewOfEnd, type WorkflowView } from '../view.ts';
import type { providerTestChart } from './chart.ts';

export function viewProviderTest({ value, context }: SnapshotFrom<typeof providerTestChart>): WorkflowView {
  if (value !== 'provider') return viewOfEnd(value);
  const { providerId } = context;
  return { status: 'NEEDS_PROOF', proves: { what: 'ANYBODYS', factors: [FactorKind.OAUTH], providerId } };
}
