// A server is killed between two steps. The next server continues the workflow.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startTestApp, TEST_ENVIRONMENT, testDatabase } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { MachineClock } from '../harness/clock.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
const running: ChildProcess[] = [];

beforeAll(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  for (const server of running.splice(0)) await kill(server);
});
afterAll(() => database.drop());

interface StartedServer {
  readonly process: ChildProcess;
  readonly client: TestClient;
}

/** The program itself, in a separate process. */
async function startServer(): Promise<StartedServer> {
  const port = await freePort();
  const process_ = spawn(process.execPath, ['src/main.ts'], {
    env: {
      ...process.env,
      ...TEST_ENVIRONMENT,
      PORT: String(port),
      DATABASE_URL: database.url,
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(process_);
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    const isUp = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return { process: process_, client: new TestClient({ url }) };
    if (process_.exitCode !== null) throw new Error(`The server ended with ${process_.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGKILL');
  await once(server, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test('a sign-up and a sign-in continue after kill -9 between their steps, and sessions stay valid', async () => {
  const email = 'restart@example.com';
  const password = 'correct horse battery staple';
  const first = await startServer();
  const signUp = await first.client.startSignUp({ email, password });
  await kill(first.process);

  const second = await startServer();
  const code = await second.client.codeFor(email);
  const signedUp = await second.client.attempt(signUp.id, { emailCode: code });
  expect(signedUp.status).toBe('COMPLETE');
  const token = signedUp.session?.accessToken ?? '';
  const { backupCodes, tokens } = await second.client.enrollTotp(token);
  const signIn = await second.client.startSignIn({ identifier: email });
  expect((await second.client.attempt(signIn.id, { password })).status).toBe('NEEDS_SECOND_FACTOR');
  await kill(second.process);

  const third = await startServer();
  const read = await third.client.graphql('query ($id: ID!) { workflow(id: $id) { status } }', {
    id: signIn.id,
  });
  expect(read.data).toEqual({ workflow: { status: 'NEEDS_SECOND_FACTOR' } });
  const done = await third.client.attempt(signIn.id, { backupCode: backupCodes[0] });
  expect(done.status).toBe('COMPLETE');
  const viewer = await third.client.graphql('{ viewer { assurance { level } } }', {}, tokens.accessToken);
  expect(viewer.data).toEqual({ viewer: { assurance: { level: 'AAL2' } } });
});

test('two servers on one database can alternate the steps of one workflow, and SIGTERM makes a server exit with code 0', async () => {
  const { client: one, process: server } = await startServer();
  await using app = await startTestApp({}, database.url, new MachineClock());
  const other = new TestClient(app);
  const person = await one.signUp('turns@example.com');
  const workflow = await other.startSignIn({ identifier: person.email });
  const done = await one.attempt(workflow.id, { password: person.password });
  expect(done.status).toBe('COMPLETE');
  const viewer = await other.graphql('{ viewer { id } }', {}, done.session?.accessToken);
  expect(viewer.errors).toEqual([]);
  server.kill('SIGTERM');
  const [code] = await once(server, 'exit');
  expect(code).toBe(0);
});
