// The icon of the plugin. Because GraphiQL always renders it, it also follows the editors, marks guarded fields, and opens
// the panel when an operation is refused.
import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';
import type { GuardWatch } from '../guards/guard-watch.ts';
import { mark, marksIn } from '../guards/marks.ts';
import { objectIn } from '../variables.ts';
import type { Workbench } from '../workbench.ts';

interface WatcherProps {
  readonly workbench: Workbench;
  readonly guards: GuardWatch;
  readonly show: GraphiQLPlugin;
}

export function Watcher({ workbench, guards, show }: WatcherProps) {
  const { setVisiblePlugin } = useGraphiQLActions();
  const queryEditor = useGraphiQL(({ queryEditor: editor }) => editor);
  const variableEditor = useGraphiQL(({ variableEditor: editor }) => editor);
  const operationName = useGraphiQL(({ operationName: name }) => name) ?? null;

  useEffect(() => {
    if (queryEditor === undefined) return;
    const follow = (): void =>
      guards.follow({
        document: queryEditor.getValue(),
        operationName,
        variables: objectIn(variableEditor?.getValue() ?? ''),
      });
    follow();
    const following = [queryEditor, variableEditor].map((editor) => editor?.onDidChangeModelContent(follow));
    return () => {
      for (const one of following) one?.dispose();
    };
  }, [guards, queryEditor, variableEditor, operationName]);

  useEffect(() => {
    if (queryEditor === undefined) return;
    const marks = marksIn(queryEditor);
    const stop = guards.subscribe(() => mark(marks, guards.state()));
    return () => {
      stop();
      marks.clear();
    };
  }, [guards, queryEditor]);

  useEffect(
    () =>
      workbench.refused.subscribe(() => {
        if (workbench.refused.state() !== null) setVisiblePlugin(show);
      }),
    [workbench, setVisiblePlugin, show],
  );

  return (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M3 15V2m10 13V2M3 5h10M3 11h10" />
    </svg>
  );
}
