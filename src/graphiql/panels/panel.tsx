// The panel: what runs and what was refused on top, and below it one of the parts.
import { useGraphiQLActions } from '@graphiql/react';
import { useState } from 'react';
import type { GuardWatch } from '../guards/guard-watch.ts';
import { useObserved } from '../observable.ts';
import type { Workbench } from '../workbench.ts';
import { GuardsPanel } from './guards.tsx';
import { RefusedPanel } from './refused.tsx';
import { SessionsPanel } from './sessions.tsx';
import { WorkflowPanel } from './workflow.tsx';

const PARTS = ['Guards', 'Sessions'] as const;
type Part = (typeof PARTS)[number];

interface PanelProps {
  readonly workbench: Workbench;
  readonly guards: GuardWatch;
}

export function Panel({ workbench, guards }: PanelProps) {
  const { run } = useGraphiQLActions();
  const running = useObserved(workbench.running);
  const [part, show] = useState<Part>('Guards');
  return (
    <div className="stepgate">
      {running !== null && <WorkflowPanel run={running} />}
      <RefusedPanel workbench={workbench} run={run} openSessions={() => show('Sessions')} />
      <div className="stepgate-tabs" role="tablist">
        {PARTS.map((one) => (
          <button key={one} type="button" role="tab" aria-selected={one === part} onClick={() => show(one)}>
            {one}
          </button>
        ))}
      </div>
      {part === 'Guards' ? (
        <GuardsPanel guards={guards} sessions={workbench.sessions} />
      ) : (
        <SessionsPanel workbench={workbench} guards={guards} />
      )}
    </div>
  );
}
