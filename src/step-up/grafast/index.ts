// `stepgate/step-up/grafast`: the guards for schemas with plans, which Grafast and PostGraphile execute.

export { stepUpGrafserv } from './grafserv-plugin.ts';
export { type GuardPlansOptions, guardPlans } from './guard-plans.ts';
export { type Executor, type GuardedExecutor, guardedExecutor } from './guarded-executor.ts';
