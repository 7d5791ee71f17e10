// `npm run bench`: measures the performance goals as ratios within one run, so that they are comparable across machines.
//
//   flow       start + password + TOTP, relative to bcrypt + 5 commits + 3 requests       goal: at most 1.10
//   saturated  hashes per second under four-fold load, relative to bcrypt alone           goal: at least 0.88
//   reads      median of a guarded read under that load, relative to its idle median      goal: at most 2.5
//   smallest   requests per second of `{ __typename }`, relative to a default Yoga        goal: at least 2
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import bcrypt from 'bcrypt';
import pg from 'pg';
import { TestClient } from '../test/harness/client.ts';
import { TestClock } from '../test/harness/clock.ts';

const COST = 10;
const CORES = availableParallelism();
const LOAD_SECONDS = 5;
const WARM_UP = 5;
const ROUNDS = 25;

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function medianSeconds(
  work: () => Promise<unknown>,
  rounds = ROUNDS,
  between: () => Promise<void> = async () => {},
): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < rounds + WARM_UP; round += 1) {
    await between();
    taken.push(await secondsOf(work));
  }
  return median(taken.slice(WARM_UP));
}

/** The iterations per second of this many concurrent loops. */
async function rate(loops: number, work: () => Promise<unknown>, seconds = LOAD_SECONDS): Promise<number> {
  const until = performance.now() + seconds * 1000;
  let rounds = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < until) {
      await work();
      rounds += 1;
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  return rounds / seconds;
}

/** Lighter than `fetch`, which would be the bottleneck. */
const agent = new Agent({ keepAlive: true });
const SMALLEST = JSON.stringify({ query: '{ __typename }' });

async function smallestQuery(origin: string): Promise<void> {
  const sent = request(`${origin}/graphql`, {
    agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': SMALLEST.length },
  });
  sent.end(SMALLEST);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
}

function report(name: string, ratio: number, goal: string, detail: string): void {
  process.stdout.write(
    `${name.padEnd(10)} ${ratio.toFixed(2).padStart(6)}   goal ${goal.padEnd(8)} ${detail}\n`,
  );
}

const ms = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;

const dataDir = await mkdtemp(join(tmpdir(), 'stepgate-bench-'));
const server = fork(new URL('server.ts', import.meta.url), {
  env: {
    ...process.env,
    NODE_ENV: 'development',
    PORT: '0',
    PUBLIC_URL: 'http://localhost:4000',
    BCRYPT_COST: String(COST),
    DATA_DIR: dataDir,
    // All load comes from one address.
    STARTS_PER_IP_HOURLY: '1000000',
    STARTS_PER_PREFIX_HOURLY: '1000000',
  },
});
const [{ url, databaseUrl }] = (await once(server, 'message')) as [{ url: string; databaseUrl: string }];
const clock = new TestClock();
const client = new TestClient({ url, clock });

/** Advances the time, because each TOTP code can be used once. */
async function nextTimeStep(): Promise<void> {
  clock.advance(30);
  server.send(30);
  await once(server, 'message');
}

try {
  const person = await client.signUp();
  const { secret } = await client.enrollTotp(person.accessToken);

  const hash = await bcrypt.hash('a password', COST);
  const hashing = await medianSeconds(() => bcrypt.compare('a password', hash));
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  await pool.query('create table if not exists bench_commit (id bigserial primary key, note text)');
  const committing = await medianSeconds(() =>
    pool.query("insert into bench_commit (note) values ('a commit')"),
  );
  await pool.query('drop table bench_commit');
  await pool.end();
  const requesting = await medianSeconds(() => client.graphql('{ __typename }'));
  const signingIn = await medianSeconds(
    () => client.signIn(person, { totp: client.totp(secret) }),
    ROUNDS,
    nextTimeStep,
  );
  const alone = hashing + 5 * committing + 3 * requesting;
  report(
    'flow',
    signingIn / alone,
    '<= 1.10',
    `${ms(signingIn)}; bcrypt ${ms(hashing)}, commit ${ms(committing)}, request ${ms(requesting)}`,
  );

  const hashesAlone = await rate(CORES, () => bcrypt.compare('a password', hash));
  await nextTimeStep();
  const { accessToken: token } = await client.signIn(person, { totp: client.totp(secret) });
  const readTime = (): Promise<number> => secondsOf(() => client.graphql('{ viewer { id } }', {}, token));
  const idle = await medianSeconds(readTime);
  const others = await Promise.all(Array.from({ length: 4 * CORES }, () => client.signUp()));
  const loaded: number[] = [];
  const load = { isOn: true };
  const reading = (async () => {
    while (load.isOn) loaded.push(await readTime());
  })();
  let at = 0;
  const hashes = await rate(4 * CORES, async () => {
    const one = others[at++ % others.length] ?? person;
    await client.signIn(one);
  });
  load.isOn = false;
  await reading;
  report(
    'saturated',
    hashes / hashesAlone,
    '>= 0.88',
    `${hashes.toFixed(1)} of ${hashesAlone.toFixed(1)} hashes/s`,
  );
  report('reads', median(loaded) / idle, '<= 2.5', `${ms(median(loaded))} under load, ${ms(idle)} idle`);

  const yoga = fork(new URL('default-yoga.ts', import.meta.url));
  const [{ url: plainUrl }] = (await once(yoga, 'message')) as [{ url: string }];
  const ours = await rate(4 * CORES, () => smallestQuery(url));
  const theirs = await rate(4 * CORES, () => smallestQuery(plainUrl));
  agent.destroy();
  yoga.kill();
  report('smallest', ours / theirs, '>= 2', `${ours.toFixed(0)} vs. ${theirs.toFixed(0)} requests/s`);
} finally {
  server.disconnect();
  await once(server, 'exit');
  await rm(dataDir, { recursive: true, force: true });
}
