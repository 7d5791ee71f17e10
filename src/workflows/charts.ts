// The charts by their names.
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { agentRequestChart } from './agent-request/chart.ts';
import { viewAgentRequest } from './agent-request/view.ts';
import type { ChartName } from './chart-name.ts';
import { enrollmentChart } from './enrollment/chart.ts';
import { viewEnrollment } from './enrollment/view.ts';
import { passwordResetChart } from './password-reset/chart.ts';
import { viewPasswordReset } from './password-reset/view.ts';
import { providerTestChart } from './provider-test/chart.ts';
import { viewProviderTest } from './provider-test/view.ts';
import { signInChart } from './sign-in/chart.ts';
import { viewSignIn } from './sign-in/view.ts';
import { signUpChart } from './sign-up/chart.ts';
import { viewSignUp } from './sign-up/view.ts';
import { stepUpChart } from './step-up/chart.ts';
import { viewStepUp } from './step-up/view.ts';
import type { WorkflowView } from './view.ts';

interface ChartEntry {
  readonly chart: AnyStateMachine;
  readonly view: (snapshot: never) => WorkflowView;
}

export const CHARTS = {
  'sign-up': { chart: signUpChart, view: viewSignUp },
  'sign-in': { chart: signInChart, view: viewSignIn },
  'password-reset': { chart: passwordResetChart, view: viewPasswordReset },
  enrollment: { chart: enrollmentChart, view: viewEnrollment },
  'step-up': { chart: stepUpChart, view: viewStepUp },
  'agent-request': { chart: agentRequestChart, view: viewAgentRequest },
  'provider-test': { chart: providerTestChart, view: viewProviderTest },
} as const satisfies Record<ChartName, ChartEntry>;

export function chartOf(name: ChartName): AnyStateMachine {
  return CHARTS[name].chart;
}

export function viewOf(name: ChartName, snapshot: AnyMachineSnapshot): WorkflowView {
  return (CHARTS[name] as ChartEntry).view(snapshot as never);
}
