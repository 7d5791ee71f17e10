// The public export `stepgate/graphiql`: a plugin for GraphiQL 5 that holds sessions, shows what guards demand, and steps
// up, on any API that is guarded by `@stepUp`.
import type { GraphiQLPlugin } from '@graphiql/react';
import type { Fetcher } from '@graphiql/toolkit';
import { createElement } from 'react';
import { GuardWatch } from './guards/guard-watch.ts';
import { guardedSchema } from './guards/guarded-schema.ts';
import { Inbox } from './inbox.ts';
import type { StepgatePluginOptions } from './options.ts';
import { Panel } from './panels/panel.tsx';
import { adoptStyles } from './panels/styles.ts';
import { Watcher } from './panels/watcher.tsx';
import { Workbench } from './workbench.ts';

export { documentedSchema } from './guards/guarded-schema.ts';
export type { StepgatePluginOptions } from './options.ts';

/** What `stepgatePlugin` makes. */
export interface StepgatePlugin {
  /** Pass it to GraphiQL in `plugins`. */
  readonly plugin: GraphiQLPlugin;
  /**
   * Wraps your fetcher. Each operation is sent with the token of the chosen session, unless its headers contain
   * `Authorization`.
   */
  readonly fetcher: (send: Fetcher) => Fetcher;
}

/**
 * Makes the plugin. Call it once, outside of components.
 *
 * @example
 * const stepgate = stepgatePlugin({ stepgate: 'https://auth.example.com/graphql', sdl });
 * <GraphiQL fetcher={stepgate.fetcher(fetcher)} plugins={[stepgate.plugin]} schema={documentedSchema(sdl)} />
 */
export function stepgatePlugin({
  stepgate,
  isStepgate = false,
  sdl,
  inbox,
}: StepgatePluginOptions): StepgatePlugin {
  const workbench = new Workbench(stepgate, isStepgate);
  const guards = new GuardWatch(workbench.sessions, isStepgate);
  workbench.sessions.subscribe(guards.again);
  workbench.replies.subscribe(guards.again);
  const messages = inbox ? new Inbox(inbox) : null;
  const known = Promise.resolve(sdl ?? null).then((text) => text && guards.inform(guardedSchema(text)));
  known.catch((error: unknown) => console.error('Stepgate cannot read the guards in the SDL.', error));
  adoptStyles();
  const plugin: GraphiQLPlugin = {
    title: 'Stepgate',
    icon: () => createElement(Watcher, { workbench, guards, show: plugin }),
    content: () => createElement(Panel, { workbench, guards, inbox: messages }),
  };
  return { plugin, fetcher: workbench.fetcherOf };
}
