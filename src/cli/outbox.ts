// `stepgate outbox`: lists messages that were not delivered, and queues them again. Recipients and texts are never shown.
// With the embedded PostgreSQL, stop the server first.
import {
  type DeadMessage,
  listDeadMessages,
  type MessageState,
  replay,
  stateOfMessage,
} from '../delivery/dead-letters.ts';
import { type Sql, sqlOf } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';
import { afterHelp, JSON_OPTION } from './help.ts';
import { onDatabase } from './on-database.ts';
import { type Define, RefusedError, UsageError } from './run-command.ts';
import { linesOf } from './table.ts';

export const outbox: Define = (command, cli) => {
  command.addHelpText(
    'after',
    afterHelp({
      examples: ['stepgate outbox list', 'stepgate outbox replay --all'],
      unmet: 'the message cannot be replayed',
    }),
  );
  command
    .command('list')
    .description('list messages that failed or are waiting, without recipient and text')
    .option('--all', 'list sent messages as well')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      afterHelp({ examples: ['stepgate outbox list --all', 'stepgate outbox list --json'] }),
    )
    .action(
      cli.action(({ all = false, json }) =>
        onDatabase(cli, async ({ orm }) => {
          const messages = await listDeadMessages(sqlOf(orm.em.fork()), systemClock.now(), all);
          if (json) cli.print(messages);
          else for (const line of tableOf(messages)) cli.say(line);
          return 0;
        }),
      ),
    );
  command
    .command('replay')
    .description('send a failed message again')
    .argument('[ID]', 'the id that `list` shows')
    .option('--all', 'send all failed messages again')
    .addHelpText(
      'after',
      afterHelp({
        examples: [
          'stepgate outbox replay 5a1c6f3e-0000-4000-8000-000000000001',
          'stepgate outbox replay --all',
        ],
        unmet: 'the message cannot be replayed',
      }),
    )
    .action(
      cli.action((id, { all = false }) => {
        if (all === (id !== undefined)) throw new UsageError('Pass either the ID of a message or --all.');
        return onDatabase(cli, async ({ orm }) => {
          const lines = await replayed(sqlOf(orm.em.fork()), id ?? null);
          for (const line of lines) cli.say(line);
          return 0;
        });
      }),
    );
};

/** @param id null for all failed messages. @throws {RefusedError} */
async function replayed(sql: Sql, id: string | null): Promise<string[]> {
  const now = systemClock.now();
  const ids = id === null || UUID.test(id) ? await replay(sql, id, now) : [];
  if (ids.length > 0) return ids.map((one) => `Queued ${one} again.`);
  if (id === null) return ['Nothing to replay.'];
  const state = UUID.test(id) ? await stateOfMessage(sql, id, now) : null;
  throw new RefusedError(`Cannot replay ${id}: ${state === null ? 'no such message' : REASONS[state]}.`);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const REASONS: Readonly<Record<MessageState, string>> = {
  waiting: 'it has not failed and will be retried automatically',
  failed: 'it is being sent now',
  undelivered: 'the provider accepted it, so its text has been erased',
  expired: 'it has expired and its text has been erased',
  sent: 'it has been sent',
};

function tableOf(messages: readonly DeadMessage[]): string[] {
  if (messages.length === 0) return ['No messages have failed or are waiting.'];
  const rows = messages.map(({ id, channel, createdAt, state, failure, status }) => [
    id,
    channel,
    createdAt.toISOString(),
    state,
    failure ?? '-',
    status ?? '-',
  ]);
  const lines = linesOf([['ID', 'CHANNEL', 'WHEN', 'STATE', 'FAILURE', 'PROVIDER SAYS'], ...rows]);
  const states = new Set(messages.map((one) => one.state));
  return [
    ...lines,
    ...(states.has('failed') ? ['', 'failed: run `npm run outbox -- replay ID` to send it again.'] : []),
    ...(states.has('undelivered') ? ['', `undelivered: cannot be replayed, ${REASONS.undelivered}.`] : []),
    ...(states.has('expired') ? ['', `expired: cannot be replayed, ${REASONS.expired}.`] : []),
  ];
}
