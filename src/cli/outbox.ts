// Handles messages that were not delivered: `npm run outbox -- list` lists them, `npm run outbox -- replay ID` queues one
// again. Recipients and texts are never shown. With the embedded PostgreSQL, stop the server first.
import { parseArgs } from 'node:util';
import {
  type DeadMessage,
  listDeadMessages,
  type MessageState,
  replay,
  stateOfMessage,
} from '../delivery/dead-letters.ts';
import { type Sql, sqlOf } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';
import { onDatabase } from './on-database.ts';
import { answered, type Output } from './run-command.ts';
import { linesOf } from './table.ts';

const USAGE = 'Usage: npm run outbox -- list [--all]\n       npm run outbox -- replay ID|--all\n';

type Command =
  | { readonly action: 'list'; readonly isEvery: boolean }
  /** Null for all failed messages. */
  | { readonly action: 'replay'; readonly id: string | null };

interface Outcome {
  readonly lines: readonly string[];
  /** Null on success. */
  readonly mistake: string | null;
}

function readCommand(args: string[]): Command | null {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: { all: { type: 'boolean', default: false } },
    });
    const [action, id, ...rest] = positionals;
    if (action === 'list' && id === undefined) return { action, isEvery: values.all };
    if (action !== 'replay' || rest.length > 0 || values.all === (id !== undefined)) return null;
    return { action, id: id ?? null };
  } catch {
    return null; // an unknown option
  }
}

async function perform(sql: Sql, command: Command): Promise<Outcome> {
  const now = systemClock.now();
  if (command.action === 'list') {
    return { lines: tableOf(await listDeadMessages(sql, now, command.isEvery)), mistake: null };
  }
  const { id } = command;
  const replayed = id === null || UUID.test(id) ? await replay(sql, id, now) : [];
  if (id === null && replayed.length === 0) return { lines: ['Nothing to replay.'], mistake: null };
  if (replayed.length > 0) return { lines: replayed.map((one) => `Queued ${one} again.`), mistake: null };
  const state = id !== null && UUID.test(id) ? await stateOfMessage(sql, id, now) : null;
  return {
    lines: [],
    mistake: `Cannot replay ${id}: ${state === null ? 'no such message' : REASONS[state]}.\n`,
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const REASONS: Readonly<Record<MessageState, string>> = {
  waiting: 'it has not failed and will be retried automatically',
  failed: 'it is being sent now',
  undelivered: 'the provider accepted it, so its text has been erased',
  expired: 'it has expired and its text has been erased',
  sent: 'it has been sent',
};

function tableOf(letters: readonly DeadMessage[]): string[] {
  if (letters.length === 0) return ['No messages have failed or are waiting.'];
  const rows = letters.map(({ id, channel, createdAt, state, failure, status }) => [
    id,
    channel,
    createdAt.toISOString(),
    state,
    failure ?? '-',
    status ?? '-',
  ]);
  const lines = linesOf([['ID', 'CHANNEL', 'WHEN', 'STATE', 'FAILURE', 'PROVIDER SAYS'], ...rows]);
  const states = new Set(letters.map((one) => one.state));
  return [
    ...lines,
    ...(states.has('failed') ? ['', 'failed: run `npm run outbox -- replay ID` to send it again.'] : []),
    ...(states.has('undelivered') ? ['', `undelivered: cannot be replayed, ${REASONS.undelivered}.`] : []),
    ...(states.has('expired') ? ['', `expired: cannot be replayed, ${REASONS.expired}.`] : []),
  ];
}

/** @returns the error message, or null on success. */
async function answer(args: string[], { stdout }: Output): Promise<string | null> {
  const command = readCommand(args);
  if (command === null) return USAGE;
  const say = (line: string): void => void stdout.write(`${line}\n`);
  return onDatabase(say, async ({ orm }) => {
    const { lines, mistake } = await perform(sqlOf(orm.em.fork()), command);
    for (const line of lines) say(line);
    return mistake;
  });
}

/** @returns the exit code. */
export async function outbox(args: string[], output: Output = process): Promise<number> {
  return answered(output, USAGE, async () => {
    const mistake = await answer(args, output);
    if (mistake !== null) output.stderr.write(mistake);
    return mistake === null ? 0 : 1;
  });
}

if (import.meta.main) process.exitCode = await outbox(process.argv.slice(2));
