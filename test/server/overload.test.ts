// A flood of passwords: the server hashes as many as it can in time and refuses the others immediately and cheaply.
// Requests that need no hash do not wait behind them.
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

/** Far more than can wait, for any number of cores: each core computes ten hashes of half a second in time. */
const FLOOD = 40 * availableParallelism() + 20;

let app: TestApp;
let client: TestClient;
let person: Person;

beforeAll(async () => {
  app = await startTestApp({ BCRYPT_COST: '11' });
  client = new TestClient(app);
  person = await client.signUp();
});
afterAll(() => app[Symbol.asyncDispose]());

function withCode(steps: readonly Step[], code: string): Step[] {
  return steps.filter((step) => step.code === code);
}

async function sum(statement: string): Promise<number> {
  const [row] = await query<{ sum: string | null }>(app.databaseUrl, statement);
  return Number(row?.sum ?? 0);
}

/** Sends a request that is answered while the others still wait. */
async function meanwhile<T>(flood: Promise<T>): Promise<T> {
  let isOver = false;
  const done = flood.finally(() => {
    isOver = true;
  });
  const viewer = await client.graphql('{ viewer { emailAddresses { address } } }', {}, person.accessToken);
  expect(viewer.data.viewer.emailAddresses).toEqual([{ address: person.email }]);
  const health = await fetch(`${app.url}/healthz`);
  expect(health.status).toBe(200);
  expect(isOver).toBe(false);
  return done;
}

test('excess proofs get OVERLOADED and cost no attempt, and other requests are served meanwhile', async () => {
  const workflows = await Promise.all(
    Array.from({ length: FLOOD }, (_, at) => client.startSignIn({ identifier: `nobody-${at}@example.com` })),
  );
  const answers = await meanwhile(
    Promise.all(workflows.map(({ id }) => client.attempt(id, { password: 'wrong' }))),
  );
  const overloaded = withCode(answers, 'OVERLOADED');
  const rejected = withCode(answers, 'PROOF_REJECTED');
  expect(overloaded.length).toBeGreaterThan(0);
  expect(rejected.length).toBeGreaterThanOrEqual(availableParallelism());
  expect(overloaded.length + rejected.length).toBe(FLOOD);
  for (const { retryAfterSeconds } of overloaded) expect(retryAfterSeconds).toBeGreaterThan(0);

  // Only the proofs that were checked count as attempts and failures.
  expect(await sum(`select sum(attempts) from workflow where chart = 'sign-in'`)).toBe(rejected.length);
  expect(await sum(`select sum(failures) from lockout where subject like 'unknown:%'`)).toBe(rejected.length);
  const refused = workflows[answers.findIndex((answer) => answer.code === 'OVERLOADED')];
  expect((await client.attempt(refused?.id ?? '', { password: 'wrong' })).attemptsRemaining).toBe(4);
});

test('excess sign-ups get OVERLOADED and leave nothing behind, and other requests are served meanwhile', async () => {
  const before = await sum('select count(*) as sum from user_account');
  const answers = await meanwhile(
    Promise.all(
      Array.from({ length: FLOOD }, (_, at) =>
        client.startSignUp({ email: `new-${at}@example.com`, password: 'long enough' }),
      ),
    ),
  );
  const overloaded = withCode(answers, 'OVERLOADED');
  const started = answers.filter((step) => step.status === 'NEEDS_PROOF');
  expect(overloaded.length).toBeGreaterThan(0);
  expect(overloaded.length + started.length).toBe(FLOOD);
  for (const { retryAfterSeconds } of overloaded) expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(await sum('select count(*) as sum from user_account')).toBe(before + started.length);
  expect(await sum('select count(*) as sum from email_address')).toBe(before + started.length);
});

test('after the flood, requests are served as before', async () => {
  expect((await client.signIn(person)).accessToken).toBeTruthy();
});
