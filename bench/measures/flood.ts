// Guarded reads while sign-ins arrive four times as fast as the machine can hash, and how soon the sign-ins that it
// cannot take are refused. Idle and flooded times alternate. Their latencies are pooled, because a p99 needs many.

import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import bcrypt from 'bcrypt';
import { Connection } from '../connection.ts';
import { BCRYPT_COST, PASSWORD } from '../contestants/contestant.ts';
import { ATTEMPT, GUARDED_READ, type Stepgate } from '../contestants/stepgate.ts';
import type { Measure } from '../measure.ts';
import { median, msOf, quantile } from '../rounds.ts';

const OVERLOAD = 4;
const CYCLES = 4;
const IDLE_MS = 4000;
/** Until the queue is full. */
const FILL_MS = 3000;
const FLOODED_MS = 6000;
/** Until the queue is empty. */
const DRAIN_MS = 6000;
const READ_EVERY_MS = 20;

export const flood: Measure = {
  name: 'flood',
  async run(lab) {
    const stepgate = await lab.stepgate();
    const perSecond = OVERLOAD * (await hashesPerSecond());
    const signingIn = await Connection.open(stepgate.url);
    const token = await stepgate.signIn(signingIn, 0);
    signingIn.close();
    const [idle, flooded]: [number[], number[]] = [[], []];
    const outcomes: Outcomes = { refusedAfterMs: [], accepted: 0, failed: 0 };
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      // The server closes a connection that is idle for as long as the last sign-ins of a flood take.
      const reader = await Connection.open(stepgate.url);
      await readFor(reader, token, IDLE_MS); // warm
      idle.push(...(await readFor(reader, token, IDLE_MS)));
      const stopping = new AbortController();
      const flooding = signInsAt(perSecond, stepgate, outcomes, stopping.signal);
      await readFor(reader, token, FILL_MS);
      flooded.push(...(await readFor(reader, token, FLOODED_MS)));
      stopping.abort();
      reader.close();
      await flooding;
      await pause(DRAIN_MS);
    }
    const typical = median(idle);
    const { refusedAfterMs, accepted, failed } = outcomes;
    return {
      figures: [
        {
          what: 'guarded read in a flood: p50 over idle p50',
          value: median(flooded) / typical,
          unit: '×',
          goal: 2.5,
        },
        {
          what: 'guarded read in a flood: p99 over idle p50',
          value: quantile(flooded, 0.99) / typical,
          unit: '×',
          goal: 8,
        },
        {
          what: 'refusal of a sign-in past the bound: p50',
          value: median(refusedAfterMs),
          unit: 'ms',
          goal: 50,
        },
        {
          what: 'refusal of a sign-in past the bound: p99',
          value: quantile(refusedAfterMs, 0.99),
          unit: 'ms',
          goal: 50,
        },
      ],
      notes: [
        `${perSecond.toFixed(0)} sign-ins a second were offered: ${accepted} succeeded, ${refusedAfterMs.length} were refused and ${failed} failed. An idle guarded read took ${typical.toFixed(1)} ms (p99 ${quantile(idle, 0.99).toFixed(1)} ms).`,
      ],
    };
  },
};

/** What the machine can do at best, at this moment. */
async function hashesPerSecond(): Promise<number> {
  const hash = await bcrypt.hash(PASSWORD, BCRYPT_COST);
  const count = 12;
  const lanes = availableParallelism();
  const lane = async (): Promise<void> => {
    for (let at = 0; at < count; at += 1) await bcrypt.compare(PASSWORD, hash);
  };
  const ms = await msOf(() => Promise.all(Array.from({ length: lanes }, lane)));
  return (1000 * lanes * count) / ms;
}

/** One read after the other, with pauses. @returns how long each took. */
async function readFor(connection: Connection, token: string, ms: number): Promise<number[]> {
  const until = performance.now() + ms;
  const taken: number[] = [];
  while (performance.now() < until) {
    taken.push(await msOf(() => connection.graphql(GUARDED_READ, {}, token)));
    await pause(READ_EVERY_MS);
  }
  return taken;
}

interface Outcomes {
  refusedAfterMs: number[];
  accepted: number;
  failed: number;
}

/** New sign-ins at a fixed rate, whatever becomes of the others. Resolves when the last has ended. */
async function signInsAt(
  perSecond: number,
  stepgate: Stepgate,
  outcomes: Outcomes,
  until: AbortSignal,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const startedAt = performance.now();
  for (let number = 0; !until.aborted; number += 1) {
    const due = startedAt + (1000 * number) / perSecond;
    await pause(Math.max(0, due - performance.now()));
    const one = signInOnce(stepgate, number, outcomes).catch(() => void (outcomes.failed += 1));
    running.add(one);
    void one.then(() => running.delete(one));
  }
  await Promise.all(running);
}

async function signInOnce(
  { url, emails, start }: Stepgate,
  number: number,
  outcomes: Outcomes,
): Promise<void> {
  const connection = await Connection.open(url);
  try {
    const workflowId = await start(connection, emails[number % emails.length] ?? '');
    const startedAt = performance.now();
    const input = { workflowId, proof: { password: PASSWORD } };
    const { attemptFactor } = await connection.graphql(ATTEMPT, { input });
    if (attemptFactor.__typename === 'Overloaded')
      outcomes.refusedAfterMs.push(performance.now() - startedAt);
    else if (attemptFactor.session) outcomes.accepted += 1;
    else outcomes.failed += 1;
  } finally {
    connection.close();
  }
}
