// Marks guarded fields in the gutter of the editor: open or refused for the chosen session.
import type { MonacoEditor } from '@graphiql/react';
import type { GuardsState } from './guard-watch.ts';
import { fieldsAt, type Verdict } from './verdict.ts';

export type Marks = ReturnType<MonacoEditor['createDecorationsCollection']>;

export function marksIn(editor: MonacoEditor): Marks {
  editor.updateOptions({ glyphMargin: true });
  return editor.createDecorationsCollection([]);
}

export function mark(marks: Marks, { document, operationName, verdicts }: GuardsState): void {
  if (document === null) return; // the operation is being typed
  marks.set(
    verdicts.flatMap((verdict) =>
      fieldsAt(document, operationName, verdict.path).flatMap(({ name }) => {
        const token = name.loc?.startToken;
        if (token === undefined) return [];
        const { line, column } = token;
        const range = {
          startLineNumber: line,
          startColumn: column,
          endLineNumber: line,
          endColumn: column + name.value.length,
        };
        const state = verdict.isOpen ? 'open' : 'refused';
        const hover = { value: textOf(verdict) };
        return {
          range,
          options: {
            glyphMarginClassName: `stepgate-mark stepgate-mark-${state}`,
            glyphMarginHoverMessage: hover,
            inlineClassName: `stepgate-guarded stepgate-guarded-${state}`,
            hoverMessage: hover,
          },
        };
      }),
    ),
  );
}

function textOf({ demands }: Verdict): string {
  return demands.map(({ guard, reason }) => `\`${guard}\` ${reason}`).join('\n\n');
}
