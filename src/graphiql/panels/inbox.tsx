// The newest messages beside the editor. A click on a code puts it where it belongs: into the workflow that runs in the
// panel, or else into the variables of the operation.
import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';
import { type Inbox, type InboxMessage, partsOf, proofOf, withCode } from '../inbox.ts';
import { useObserved } from '../observable.ts';
import { objectIn } from '../variables.ts';
import type { Workbench } from '../workbench.ts';

interface InboxPanelProps {
  readonly inbox: Inbox;
  readonly workbench: Workbench;
}

/** More would only be scrolled past. */
const SHOWN = 20;

export function InboxPanel({ inbox, workbench }: InboxPanelProps) {
  const messages = useObserved(inbox);
  const running = useObserved(workbench.running);
  const variableEditor = useGraphiQL(({ variableEditor: editor }) => editor);
  useEffect(() => inbox.follow(), [inbox]);

  const put = (channel: string, code: string): void => {
    if (running !== null) void running.attempt(proofOf(channel, code));
    else if (variableEditor !== undefined) {
      const variables = objectIn(variableEditor.getValue()) ?? {};
      variableEditor.setValue(JSON.stringify(withCode(variables, channel, code), null, 2));
    }
  };

  if (messages.length === 0) return <p>No messages yet.</p>;
  return (
    <ul aria-label="Messages">
      {messages.slice(0, SHOWN).map((message) => (
        <Message key={message.id} message={message} put={(code) => put(message.channel, code)} />
      ))}
    </ul>
  );
}

interface MessageProps {
  readonly message: InboxMessage;
  readonly put: (code: string) => void;
}

function Message({ message: { channel, to, subject, text }, put }: MessageProps) {
  return (
    <li className="stepgate-card">
      <h3>{subject || channel}</h3>
      <p className="stepgate-faint">
        {channel} to {to}
      </p>
      <p className="stepgate-message">
        {partsOf(text).map((part, index) => {
          if (index % 2 === 0) return part;
          const key = `${index} ${part}`;
          return (
            <button key={key} type="button" title="Use this code" onClick={() => put(part)}>
              {part}
            </button>
          );
        })}
      </p>
    </li>
  );
}
