// A factor is one folder, one row and one line: the server is started from a copy of the sources to which the code in
// docs/adding-a-factor.md was added, and nothing else.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEST_ENVIRONMENT, testDatabase } from '../harness/app.ts';
import { type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { reportOf, stepgate, temporaryFiles } from '../import/commands.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const { newPath } = temporaryFiles();

let copy: string;
let database: Awaited<ReturnType<typeof testDatabase>>;
let server: ChildProcess;
let client: TestClient;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'stepgate-factor-'));
  database = await testDatabase();
  await addFactor(copy);
  client = new TestClient({ url: await startServer(copy) });
}, 120_000);
afterAll(async () => {
  server.kill();
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  await database.drop();
  await rm(copy, { recursive: true, force: true });
});

async function addFactor(into: string): Promise<void> {
  for (const path of ['src', 'migrations', 'package.json', 'tsconfig.json'])
    await cp(join(ROOT, path), join(into, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(into, 'node_modules'));
  const page = await readFile(join(ROOT, 'docs/adding-a-factor.md'), 'utf8');
  const code = (name: string): string => {
    const found = new RegExp(`^\`\`\`ts ${name}\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1];
    if (found === undefined) throw new Error(`The page has no ${name}.`);
    return found;
  };
  await mkdir(join(into, 'src/factors/key-fob'));
  await writeFile(join(into, 'src/factors/key-fob/key-fob.ts'), code('folder'));
  await writeFile(join(into, 'src/factors/key-fob/transfer.ts'), code('transfer'));
  await insert(join(into, 'src/policy/factor-kind.ts'), 'const ROWS = {\n', code('row'));
  const registry = join(into, 'src/factors/registry.ts');
  await insert(
    registry,
    'export const FACTORS: readonly FactorDefinition<FactorServices>[] = [\n',
    code('line'),
  );
  await insert(registry, '\n', `import { keyFobFactor } from './key-fob/key-fob.ts';\n`);
}

/** Inserts text after the first occurrence of the other. */
async function insert(path: string, after: string, text: string): Promise<void> {
  const source = await readFile(path, 'utf8');
  if (!source.includes(after)) throw new Error(`${path} does not contain ${after}`);
  await writeFile(
    path,
    source.replace(after, () => after + text),
  );
}

const environment = () => ({
  ...process.env,
  ...TEST_ENVIRONMENT,
  DATABASE_URL: database.url,
  LOG_LEVEL: 'error',
});

async function startServer(cwd: string): Promise<string> {
  server = spawn(process.execPath, ['src/main.ts'], {
    cwd,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (server.stdout === null) throw new Error('The server has no output.');
  for await (const line of createInterface(server.stdout)) {
    const url = /(http:\S+)\/graphql/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('The server ended before it listened.');
}

/** Runs a command of the copy. @returns what it prints. */
async function stepgateWithFobs(...args: readonly string[]): Promise<string> {
  const command = [join(copy, 'src/cli/stepgate.ts'), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: copy, env: environment() });
  return stdout;
}

/** Each command compiles the copy, which takes a while on a busy machine. */
const COMMANDS_MS = 120_000;

interface Fob extends Person {
  readonly key: string;
}

const macOf = (key: string, nonce: string): string =>
  createHmac('sha256', key).update(nonce).digest('base64url');

/** What the workflow shows that depends on the factor. */
async function shownOf({ id }: Step, token?: string): Promise<{ material?: unknown; request?: unknown }> {
  const { data } = await client.graphql(
    'query ($id: ID!) { workflow(id: $id) { challenge { request } ... on Enrollment { material } } }',
    { id },
    token,
  );
  return { material: data.workflow.material, request: data.workflow.challenge?.request };
}

/** Prepares the factor, and answers the challenge with the key. */
async function prove(step: Step, key: string, token?: string): Promise<Step> {
  await client.prepare(step.id, 'KEY_FOB', token);
  const { nonce } = (await shownOf(step, token)).request as { nonce: string };
  return client.attempt(step.id, { keyFob: { mac: macOf(key, nonce) } }, token);
}

async function enrolled(): Promise<{ fob: Fob; done: Step }> {
  const person = await client.signUp();
  const { accessToken } = person;
  const started = await client.startEnrollment({ factor: 'KEY_FOB', label: 'keys' }, accessToken);
  expect(started).toMatchObject({ status: 'NEEDS_ENROLLMENT', totp: null });
  const { key } = (await shownOf(started, accessToken)).material as { key: string };
  const done = await prove(started, key, accessToken);
  return { fob: { ...person, key, accessToken: done.session?.accessToken ?? '' }, done };
}

async function atSecondStep({ email, password }: Fob): Promise<Step> {
  const { id } = await client.startSignIn({ identifier: email });
  return client.attempt(id, { password });
}

describe('a factor that is one folder, one row and one line', () => {
  test('is in the schema and in the public settings', async () => {
    const { data } = await client.graphql(`{
      kind: __type(name: "FactorKind") { enumValues { name description } }
      proof: __type(name: "ProofInput") { inputFields { name description type { name } } }
      settings { enrollableFactors }
    }`);
    expect(data.kind.enumValues).toContainEqual({
      name: 'KEY_FOB',
      description: 'A key fob that signs a challenge. Possession.',
    });
    expect(data.proof.inputFields).toContainEqual({
      name: 'keyFob',
      description: expect.stringContaining('HMAC-SHA-256'),
      type: { name: 'JSON' },
    });
    expect(data.settings.enrollableFactors).toContain('KEY_FOB');
  });

  test('is enrolled as a second factor with backup codes, and its owner is notified', async () => {
    const { fob, done } = await enrolled();
    expect(done.status).toBe('COMPLETE');
    expect(done.backupCodes).toHaveLength(10);
    const mails = (await client.inbox()).filter(({ to }) => to === fob.email).map(({ text }) => text);
    expect(mails.join('\n')).toContain('A key fob was added to your account.');
  });

  test('signs in, with its own proof only', async () => {
    const { fob } = await enrolled();
    const step = await atSecondStep(fob);
    expect(step.status).toBe('NEEDS_SECOND_FACTOR');
    expect(step.factors[0]).toMatchObject({ factor: 'KEY_FOB', hint: 'keys', needsPreparing: true });
    expect((await prove(step, 'another key')).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(step.id, { keyFob: { mac: 7 } })).code).toBe('INVALID_INPUT');
    expect((await client.attempt(step.id, { keyFob: null }).catch(() => ({ code: 'REFUSED' }))).code).toBe(
      'REFUSED',
    );
    expect((await prove(step, fob.key)).status).toBe('COMPLETE');
  });

  test('answers the challenge of its own workflow only', async () => {
    const { fob } = await enrolled();
    const [one, other] = [await atSecondStep(fob), await atSecondStep(fob)];
    await client.prepare(one.id, 'KEY_FOB');
    await client.prepare(other.id, 'KEY_FOB');
    const { nonce } = (await shownOf(one)).request as { nonce: string };
    const proof = { keyFob: { mac: macOf(fob.key, nonce) } };
    expect((await client.attempt(other.id, proof)).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(one.id, proof)).status).toBe('COMPLETE');
  });

  test('steps up where a guard accepts it, and says so in the token', async () => {
    const { fob } = await enrolled();
    const step = await client.startStepUp({ accept: ['KEY_FOB'] }, fob.accessToken);
    expect(step.factors.map(({ factor }) => factor)).toEqual(['KEY_FOB']);
    const done = await prove(step, fob.key, fob.accessToken);
    expect(done.status).toBe('COMPLETE');
    const [, payload = ''] = (done.session?.accessToken ?? '').split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      acr: 'aal2',
      mfa: { c: { 'key-fob': expect.any(Number) }, v: true },
    });
  });

  test('is stored sealed: no table has its key', async () => {
    const { fob } = await enrolled();
    const tables = await query<{ name: string }>(
      database.url,
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    for (const { name } of tables) {
      const rows = await query<{ row: string }>(database.url, `select t::text as row from "${name}" t`);
      expect(
        rows.filter(({ row }) => row.includes(fob.key)),
        name,
      ).toEqual([]);
    }
  });

  test('is counted by `keys list`, so that the key that seals it is not retired', async () => {
    await enrolled();
    expect(await stepgateWithFobs('keys', 'list')).toMatch(/ [1-9]\d* +key fobs/);
  });

  test('is a field of `ImportUserInput`', async () => {
    const { data } = await client.graphql(
      '{ __type(name: "ImportUserInput") { inputFields { name type { name } } } }',
    );
    expect(data.__type.inputFields).toContainEqual({ name: 'keyFobs', type: { name: 'JSON' } });
  });

  test.each(['.ndjson', '.csv'])(
    'is exported to %s, and imported from it as a second factor that signs in',
    async (ending) => {
      const { fob } = await enrolled();
      const path = newPath(ending);
      await stepgateWithFobs('users', 'export', path);
      await query(database.url, 'delete from user_account');
      expect(await stepgateWithFobs('users', 'import', path)).toContain(' 0 refused');
      const step = await atSecondStep(fob);
      expect(step.factors.map(({ factor, hint }) => [factor, hint])).toEqual([
        ['KEY_FOB', 'keys'],
        ['BACKUP_CODE', '10 left'],
      ]);
      expect((await prove(step, fob.key)).status).toBe('COMPLETE');
    },
    COMMANDS_MS,
  );

  test(
    'is not lost on a server that does not know it: the user is refused, and the report names the field',
    async () => {
      await enrolled();
      const path = newPath('.ndjson');
      await stepgateWithFobs('users', 'export', path);
      await query(database.url, 'delete from user_account');
      expect((await stepgate(database.url, 'import', path)).code).toBe(1);
      expect(await reportOf(path)).toContainEqual(
        expect.objectContaining({ path: 'keyFobs', reason: 'Unknown field.' }),
      );
    },
    COMMANDS_MS,
  );
});
