// The development inbox: every message that no transport takes, with its codes in the clear. It exists in
// development only; production refuses to start without a transport for mail.
import type { InboxMessage } from '../delivery/outbox.ts';

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
    <p>Messages that would be sent, the newest first. <a href="/dev/inbox.json">As JSON.</a></p>
    ${rows.length > 0 ? rows.join('') : '<p>Nothing yet.</p>'}
  </body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
