// The CPU from the start of the program until it serves, on a database that exists and is migrated.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { cleanEnvironment } from '../contestants/contestant.ts';
import { processMs } from '../cpu.ts';
import type { Measure } from '../measure.ts';
import { median, ratio, warmed } from '../rounds.ts';

const ROOT = new URL('../..', import.meta.url);

/** What a production server needs. No mail is sent. */
const PRODUCTION = {
  PORT: '0',
  PUBLIC_URL: 'https://auth.example.com',
  SECRET_KEYS: randomBytes(32).toString('base64'),
  SMTP_URL: 'smtp://127.0.0.1:1',
  MAIL_FROM: 'Stepgate <auth@example.com>',
  DRAIN_SECONDS: '0',
};

export const start: Measure = {
  name: 'start',
  async run(lab) {
    const databaseUrl = await lab.cluster();
    const [minimal, betterAuth] = [await lab.minimal(), await lab.betterAuth()];
    const turns: Record<string, () => Promise<number>> = {
      stepgate: () => startMs('src/main.ts', databaseUrl, /GraphiQL and the API/, PRODUCTION),
      minimal: () => startMs('bench/minimal.ts', minimal.databaseUrl, /^ready/),
      ...(betterAuth && {
        betterAuth: () => startMs('bench/peers/better-auth.js', betterAuth.databaseUrl, /^ready/),
      }),
    };
    // The first round migrates, and reads the files into memory.
    const samples = await warmed(turns, 1, lab.rounds);
    const { stepgate = [], minimal: anchor = [], betterAuth: peer } = samples;
    return {
      figures: [
        { what: 'start to ready: CPU', value: median(stepgate) / 1000, unit: 's', goal: 1.5 },
        { what: 'start to ready: of the anchor', value: ratio(stepgate, anchor), unit: '×' },
        ...(peer
          ? [{ what: 'start to ready: of Better Auth', value: ratio(stepgate, peer), unit: '×' } as const]
          : []),
      ],
      notes: [
        `The anchor starts in ${median(anchor).toFixed(0)} ms of CPU${peer ? `, Better Auth in ${median(peer).toFixed(0)} ms` : ''}.`,
      ],
    };
  },
};

async function startMs(
  file: string,
  databaseUrl: string,
  isReady: RegExp,
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  const env = { ...cleanEnvironment(), DATABASE_URL: databaseUrl, ...environment };
  const child = spawn(process.execPath, [file], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ms = await readyMs(child, isReady);
  const ended = once(child, 'exit');
  child.kill();
  await ended;
  return ms;
}

async function readyMs(child: ChildProcess, isReady: RegExp): Promise<number> {
  if (child.stdout === null || child.pid === undefined) throw new Error('The server did not start.');
  for await (const line of createInterface(child.stdout)) if (isReady.test(line)) return processMs(child.pid);
  throw new Error('The server exited before it was ready.');
}
