// The development inbox: every message for which no transport is configured, with its codes in plain text. It exists in
// development only; in production, the server does not start without a mail transport.
import type { InboxMessage } from '../delivery/outbox.ts';
import { escapeHtml } from '../platform/escape-html.ts';

export function inboxPage(messages: readonly InboxMessage[]): string {
  const rows = messages.map(
    ({ channel, to, subject, text, sentAt }) => `
      <article>
        <header><strong>${escapeHtml(subject || channel)}</strong>
          <small>${escapeHtml(channel)} to ${escapeHtml(to)}, ${escapeHtml(sentAt)}</small></header>
        <pre>${escapeHtml(text)}</pre>
      </article>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="refresh" content="5">
    <title>Development inbox</title>
    <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
      article { border: 1px solid #8884; border-radius: 8px; padding: .75rem 1rem; margin: 1rem 0; }
      header { display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap; }
      pre { white-space: pre-wrap; margin: .5rem 0 0; font: inherit; }
    </style>
  </head>
  <body>
    <h1>Development inbox</h1>
    <p>Messages that would be sent in production, newest first. <a href="/dev/inbox.json">View as JSON</a></p>
    ${rows.length > 0 ? rows.join('') : '<p>No messages yet.</p>'}
  </body>
</html>
`;
}
