// The names of the charts. Each workflow is stored with the name of its chart.

export const ChartName = {
  SIGN_UP: 'sign-up',
  SIGN_IN: 'sign-in',
  PASSWORD_RESET: 'password-reset',
  ENROLLMENT: 'enrollment',
  STEP_UP: 'step-up',
  AGENT_REQUEST: 'agent-request',
  PROVIDER_TEST: 'provider-test',
} as const;
export type ChartName = (typeof ChartName)[keyof typeof ChartName];

const NAMES: ReadonlySet<string> = new Set(Object.values(ChartName));

export function isChartName(name: string): name is ChartName {
  return NAMES.has(name);
}
