// What the server holds in memory after a garbage collection: idle, after a hundred sign-ins, and more for each 10,000
// pending workflows.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { spread } from '../connection.ts';
import { SIGN_INS_AT_ONCE, stopServer } from '../contestants/contestant.ts';
import type { Stepgate } from '../contestants/stepgate.ts';
import { residentMb } from '../cpu.ts';
import type { Measure } from '../measure.ts';

const SIGN_INS = 100;
const PENDING = 10_000;
/** Fills caches, and lets the heap grow to the size that such requests need. */
const PENDING_BEFORE = 2000;
/** Workflows started by one request, within the limits of a request. */
const AT_ONCE = 5;

const STARTS = `mutation ($input: StartSignInInput!) { ${Array.from(
  { length: AT_ONCE },
  (_, at) => `s${at}: startSignIn(input: $input) { ... on SignIn { id } }`,
).join(' ')} }`;

export const memory: Measure = {
  name: 'memory',
  async run(lab) {
    // Seeding is a use, so another server has it done.
    const databaseUrl = await lab.cluster();
    const seeder = await lab.freshStepgate(databaseUrl);
    const { emails } = seeder;
    await stopServer(seeder.child);
    const server = await lab.freshStepgate(databaseUrl, 0);
    const idle = await resting(server);
    await spread(server.url, SIGN_INS_AT_ONCE, SIGN_INS, (connection, at) => seeder.signIn(connection, at));
    const used = await resting(server);
    await startWorkflows(server, emails, PENDING_BEFORE);
    const before = await resting(server);
    await startWorkflows(server, emails, PENDING);
    const pending = await resting(server);
    return {
      figures: [
        { what: 'memory: idle', value: idle.residentMb, unit: 'MB', goal: 150 },
        { what: 'memory: after 100 sign-ins', value: used.residentMb, unit: 'MB', goal: 250 },
        {
          what: 'memory: 10,000 pending workflows',
          value: pending.liveMb - before.liveMb,
          unit: 'MB',
          goal: 5,
        },
        {
          what: 'memory: not given back after 10,000 starts',
          value: pending.residentMb - before.residentMb,
          unit: 'MB',
        },
      ],
    };
  },
};

function startWorkflows({ url }: Stepgate, emails: readonly string[], count: number): Promise<void> {
  return spread(url, SIGN_INS_AT_ONCE, count / AT_ONCE, async (connection, at) => {
    const { s0 } = await connection.graphql(STARTS, { input: { identifier: emails[at % emails.length] } });
    if (s0.id === undefined) throw new Error('A workflow did not start.');
  });
}

interface Memory {
  /** What the process holds. */
  readonly residentMb: number;
  /** The objects and buffers of its main thread that are in use. V8 and malloc keep more than that for later. */
  readonly liveMb: number;
}

async function resting({ child, watched }: Stepgate): Promise<Memory> {
  let liveMb = Number.NaN;
  for (let time = 0; time < 3; time += 1) {
    await pause(500);
    const collected = once(child, 'message') as Promise<[{ liveMb: number }]>;
    child.send('collect');
    [{ liveMb }] = await collected;
  }
  await pause(500);
  return { residentMb: residentMb(watched.pid), liveMb };
}
