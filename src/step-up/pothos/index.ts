// The Pothos plugin: `stepUp`, `authenticated` and `requiresRole` on fields and types.
import './global-types.ts';
import SchemaBuilder from '@pothos/core';
import { PothosStepUpPlugin } from './plugin.ts';

/**
 * The name of the plugin. List it first in the builder's `plugins`, so that its guards run before the other plugins.
 */
export const stepUpPlugin = 'stepUp' as const;

export type { GuardOptions, StepUpPluginOptions } from './types.ts';
export { PothosStepUpPlugin };

SchemaBuilder.registerPlugin(stepUpPlugin, PothosStepUpPlugin);
