// Draws a chart as a Mermaid state diagram for docs/workflows.md.
import type { AnyStateMachine } from 'xstate';

interface TransitionConfig {
  readonly target?: string;
  readonly guard?: string;
  readonly actions?: unknown;
}

interface StateConfig {
  readonly type?: string;
  readonly entry?: unknown;
  readonly always?: TransitionConfig | readonly TransitionConfig[];
  readonly on?: Readonly<Record<string, string | TransitionConfig | readonly TransitionConfig[]>>;
}

export function mermaid({ config }: AnyStateMachine): string {
  const {
    initial,
    states = {},
    on = {},
  } = config as StateConfig & {
    readonly initial: string;
    readonly states?: Readonly<Record<string, StateConfig>>;
  };
  const lines = ['stateDiagram-v2', `  [*] --> ${initial}`];
  for (const [name, state] of Object.entries(states)) {
    const entry = actionNames(state.entry);
    if (entry.length > 0) lines.push(`  ${name} : entry / ${entry.join(', ')}`);
    for (const transition of listOf(state.always)) lines.push(arrow(name, '', transition));
    for (const [event, transitions] of Object.entries(state.on ?? {})) {
      for (const transition of listOf(transitions)) lines.push(arrow(name, event, transition));
    }
    if (state.type === 'final') lines.push(`  ${name} --> [*]`);
  }
  // Events that every state accepts are drawn once.
  for (const [event, transitions] of Object.entries(on)) {
    for (const { target = '' } of listOf(transitions))
      lines.push(`  note right of ${target.slice(1)} : on ${event}, from any state`);
  }
  return `${lines.join('\n')}\n`;
}

function arrow(from: string, event: string, { target, guard, actions }: TransitionConfig): string {
  const names = actionNames(actions);
  const label = [
    event,
    guard === undefined ? '' : `[${guard}]`,
    names.length > 0 ? `/ ${names.join(', ')}` : '',
  ].filter(Boolean);
  return `  ${from} --> ${target ?? from}${label.length > 0 ? ` : ${label.join(' ')}` : ''}`;
}

function listOf(
  transitions: string | TransitionConfig | readonly TransitionConfig[] | undefined,
): readonly TransitionConfig[] {
  if (transitions === undefined) return [];
  if (typeof transitions === 'string') return [{ target: transitions }];
  return Array.isArray(transitions) ? transitions : [transitions as TransitionConfig];
}

function actionNames(actions: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(actions) ? actions : actions === undefined ? [] : [actions];
  return list.map((action) => (typeof action === 'string' ? action : (action as { type: string }).type));
}
