// The number of database statements of each step, counted on the wire. The limits come from the design (section 6):
// start, password and TOTP together take at most 6 statements and 5 durable commits, including audit and outbox. A
// session or step-up check takes at most one statement and no commit. Also the files of src/ that a step passes, which
// docs/architecture.md lists.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/platform/log.ts';
import { TEST_ENVIRONMENT, testDatabase } from '../harness/app.ts';
import { CalledFiles } from '../harness/called-files.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { TestClock } from '../harness/clock.ts';
import { StatementCounter } from '../harness/statement-counter.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let counter: StatementCounter;
let app: App;
let client: TestClient;
const clock = new TestClock();
let person: Person;
let secret: string;
let token: string;

beforeAll(async () => {
  database = await testDatabase();
  counter = await StatementCounter.before(database.url);
  app = await startApp({
    config: readConfig(TEST_ENVIRONMENT),
    databaseUrl: counter.url,
    log: createLog('info', { write: () => {} }),
    clock,
  });
  client = new TestClient({ url: app.url, clock });
  person = await client.signUp();
  const enrolled = await client.enrollTotp(person.accessToken);
  secret = enrolled.secret;
  token = enrolled.tokens.accessToken;
});
afterAll(async () => {
  await app.stop();
  await counter[Symbol.asyncDispose]();
  await database.drop();
});

function spent(): { statements: number; commits: number } {
  const said = counter.take();
  return { statements: said.length, commits: said.filter((one) => one.commits).length };
}

test('a sign-in with password and TOTP takes 6 statements and 5 commits', async () => {
  clock.advance(30);
  spent();
  const started = await client.startSignIn({ identifier: person.email });
  expect(spent()).toEqual({ statements: 2, commits: 1 });
  await client.attempt(started.id, { password: person.password });
  expect(spent()).toEqual({ statements: 2, commits: 2 });
  const done = await client.attempt(started.id, { totp: client.totp(secret) });
  expect(done.status).toBe('COMPLETE');
  expect(spent()).toEqual({ statements: 2, commits: 2 });
});

test('a password reset with an email code and TOTP takes 16 statements and 9 commits, including message limits', async () => {
  clock.advance(60);
  spent();
  const started = await client.startPasswordReset({ identifier: person.email });
  expect(spent()).toEqual({ statements: 2, commits: 1 });
  await client.prepare(started.id, 'EMAIL_CODE');
  // Two of the statements, each with a commit, are for the limits of the network and the address.
  expect(spent()).toEqual({ statements: 4, commits: 3 });
  const emailCode = await client.codeFor(person.email);
  spent();
  await client.attempt(started.id, { emailCode });
  expect(spent()).toEqual({ statements: 2, commits: 2 });
  await client.attempt(started.id, { totp: client.totp(secret) });
  expect(spent()).toEqual({ statements: 2, commits: 2 });
  const done = await client.chooseNewPassword(started.id, person.password, { signOutOtherSessions: false });
  expect(done.status).toBe('COMPLETE');
  expect(spent()).toEqual({ statements: 6, commits: 1 });
});

test('a wrong proof takes two statements and two commits: for the attempt and its audit', async () => {
  const started = await client.startSignIn({ identifier: person.email });
  spent();
  await client.attempt(started.id, { password: 'wrong' });
  expect(spent()).toEqual({ statements: 2, commits: 2 });
});

test('a session check takes one statement and no commit, for any number of guarded fields', async () => {
  spent();
  const { errors } = await client.graphql('{ viewer { id } again: viewer { id } }', {}, token);
  expect(errors).toEqual([]);
  expect(spent()).toEqual({ statements: 1, commits: 0 });
});

test('a step-up check takes no statement in addition to the session check', async () => {
  clock.advance(700);
  spent();
  const stale = await client.signIn(person, { totp: client.totp(secret) });
  clock.advance(601);
  const { data } = await client.graphql(
    'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { ... on SessionGrant { accessToken } } }',
    { t: stale.refreshToken },
  );
  spent();
  const { errors } = await client.graphql(
    'mutation { regenerateBackupCodes { codes } }',
    {},
    data.refreshSession.accessToken,
  );
  expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  expect(spent()).toEqual({ statements: 1, commits: 0 });
});

test('an operation without a token runs only the statements of its own fields', async () => {
  spent();
  await client.graphql('{ __typename }');
  expect(spent()).toEqual({ statements: 0, commits: 0 });
});

test('docs/architecture.md lists exactly the files that attemptFactor passes in a sign-in', async () => {
  const page = await readFile(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const section = /^### The files that it passes$(.*?)^## /ms.exec(page)?.[1] ?? '';
  const lines = section.replaceAll(/\n +/g, ' ').split('\n');
  expect(lines.filter((line) => /^(\*\*|- )/.test(line))).toEqual(listOf(await filesPassed()));
});

/** Measured in two sign-ins from a known device: a job in the background may run during one of them. */
async function filesPassed(): Promise<Readonly<Record<string, readonly string[]>>> {
  await using files = await CalledFiles.start();
  // Counting can take so long on a busy machine that an idle connection would be closed.
  const closing = new TestClient({ url: app.url, clock }, { connection: 'close' });
  const signIn = async (device?: string) => {
    clock.advance(60);
    const started = await closing.startSignIn({ identifier: person.email }, device);
    const attempt = (proof: object) => closing.attempt(started.id, proof, undefined, device);
    const any = await files.passedBy(() => closing.graphql('mutation { __typename }'));
    const password = await files.passedBy(() => attempt({ password: person.password }));
    const totp = await files.passedBy(() => attempt({ totp: closing.totp(secret) }));
    return { any: any.files, password: password.files, totp: totp.files, done: totp.result };
  };
  const first = await signIn();
  const device = first.done.session?.deviceToken;
  await signIn(device); // fills what is cached
  const one = await signIn(device);
  const other = await signIn(device);
  expect(other.done.status).toBe('COMPLETE');
  const inBoth = (step: 'any' | 'password' | 'totp'): string[] =>
    one[step].filter((path) => other[step].includes(path));
  const any = inBoth('any');
  const password = inBoth('password').filter((path) => !any.includes(path));
  const totp = inBoth('totp').filter((path) => !any.includes(path));
  return {
    'Any request': any,
    'Any proof': password.filter((path) => totp.includes(path)),
    'A password': password.filter((path) => !totp.includes(path)),
    'A TOTP code, which completes the sign-in': totp.filter((path) => !password.includes(path)),
  };
}

/** As the page lists them. */
function listOf(passed: Awaited<ReturnType<typeof filesPassed>>): string[] {
  return Object.entries(passed).flatMap(([group, files]) => {
    const byLayer = Map.groupBy(files.toSorted(), (path) => path.slice(0, path.indexOf('/') + 1));
    const lines = [...byLayer].map(
      ([layer, paths]) => `- \`${layer}\`: ${paths.map((path) => path.slice(layer.length, -3)).join(', ')}`,
    );
    return [`**${group}: ${files.length} files**`, ...lines];
  });
}
