// The panel: what runs and what was refused on top, and below it one of the parts.
import { useGraphiQLActions } from '@graphiql/react';
import { useState } from 'react';
import type { GuardWatch } from '../guards/guard-watch.ts';
import type { Inbox } from '../inbox.ts';
import { useObserved } from '../observable.ts';
import type { Workbench } from '../workbench.ts';
import { GuardsPanel } from './guards.tsx';
import { InboxPanel } from './inbox.tsx';
import { RefusedPanel } from './refused.tsx';
import { SessionsPanel } from './sessions.tsx';
import { WorkflowPanel } from './workflow.tsx';

type Part = 'Guards' | 'Sessions' | 'Inbox';

interface PanelProps {
  readonly workbench: Workbench;
  readonly guards: GuardWatch;
  /** Null outside of development. */
  readonly inbox: Inbox | null;
}

export function Panel({ workbench, guards, inbox }: PanelProps) {
  const { run } = useGraphiQLActions();
  const running = useObserved(workbench.running);
  const [part, show] = useState<Part>('Guards');
  const parts: readonly Part[] = ['Guards', 'Sessions', ...(inbox ? (['Inbox'] as const) : [])];
  return (
    <div className="stepgate">
      {running !== null && <WorkflowPanel run={running} />}
      <RefusedPanel workbench={workbench} run={run} openSessions={() => show('Sessions')} />
      <div className="stepgate-tabs" role="tablist">
        {parts.map((one) => (
          <button key={one} type="button" role="tab" aria-selected={one === part} onClick={() => show(one)}>
            {one}
          </button>
        ))}
      </div>
      {part === 'Guards' && <GuardsPanel guards={guards} sessions={workbench.sessions} />}
      {part === 'Sessions' && <SessionsPanel workbench={workbench} guards={guards} />}
      {part === 'Inbox' && inbox && <InboxPanel inbox={inbox} workbench={workbench} />}
    </div>
  );
}
