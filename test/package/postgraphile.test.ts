// examples/postgraphile, installed with the packed package, in front of a real database: guards on columns, tables and functions.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../harness/app.ts';
import { pack, ROOT, run } from './pack.ts';

/** PostGraphile brings an editor for the browser along. */
const INSTALL_MS = 300_000;

let folder: string;
let database: Awaited<ReturnType<typeof testDatabase>>;
let client: Client;
let server: ChildProcess | undefined;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-postgraphile-'));
  const tarball = await pack(folder);
  const project = join(folder, 'postgraphile');
  await cp(join(ROOT, 'examples/postgraphile'), project, { recursive: true });
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  manifest.dependencies.stepgate = `file:${tarball}`;
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: project });
  database = await testDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(await readFile(join(project, 'bank.sql'), 'utf8'));
  const started = start();
  server = started;
  const [printed] = (await once(started.stdout, 'data')) as [Buffer];
  url = String(printed).trim();
}, INSTALL_MS);

const start = () =>
  spawn(process.execPath, ['server.js', database.url], {
    cwd: join(folder, 'postgraphile'),
    env: { ...process.env, GRAPHILE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

afterAll(async () => {
  if (server !== undefined && server.exitCode === null) {
    server.kill();
    await once(server, 'exit');
  }
  await client?.end();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function ask(caller: string, query: string) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      'x-caller': caller,
    },
    body: JSON.stringify({ query }),
  });
  const { data, errors = [] } = (await response.json()) as {
    data?: unknown;
    errors?: { path?: string[]; message: string; extensions: { code?: string } }[];
  };
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    data,
    refused: errors.map(({ path, extensions }) => [path?.join('.'), extensions.code]),
    messages: errors.map(({ message }) => message),
  };
}

const STEP_UP = (maxAge: number) =>
  `Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="${maxAge}"`;

const audits = async () => (await client.query('select what from bank.audits')).rows.length;

describe('a guarded column', () => {
  const read = '{ allCustomers { nodes { name iban } } }';

  test('is null for a caller who may not read it, also where it is null in the table', async () => {
    const { data } = await ask('fresh', read);
    expect(data).toEqual({
      allCustomers: {
        nodes: [
          { name: 'Ada', iban: 'DE02120300000000202051' },
          { name: 'Bob', iban: null },
        ],
      },
    });
    expect(await ask('weak', read)).toMatchObject({
      status: 200,
      challenge: STEP_UP(300),
      data: {
        allCustomers: {
          nodes: [
            { name: 'Ada', iban: null },
            { name: 'Bob', iban: null },
          ],
        },
      },
      refused: [
        ['allCustomers.nodes.0.iban', 'STEP_UP_REQUIRED'],
        ['allCustomers.nodes.1.iban', 'STEP_UP_REQUIRED'],
      ],
    });
  });

  test.each([
    '{ allCustomers(condition: { iban: "x" }) { nodes { name } } }',
    '{ allCustomers(orderBy: IBAN_ASC) { nodes { name } } }',
  ])('cannot be guessed by filtering or sorting: %s', async (query) => {
    const { status, data } = await ask('weak', query);
    expect({ status, data }).toEqual({ status: 400, data: undefined });
  });

  test('cannot be read from the result of a mutation, which writes nothing', async () => {
    const query =
      'mutation { updateCustomerByRowId(input: { rowId: 1, customerPatch: { name: "Eve" } }) { customer { iban } } }';
    expect(await ask('weak', query)).toMatchObject({
      status: 401,
      challenge: STEP_UP(300),
      refused: [['updateCustomerByRowId.customer.iban', 'STEP_UP_REQUIRED']],
    });
    expect((await client.query('select name from bank.customers where id = 1')).rows).toEqual([
      { name: 'Ada' },
    ]);
  });
});

describe('a guarded table', () => {
  test('cannot be read, and does not tell how many rows it has', async () => {
    const query = '{ allAudits { totalCount nodes { what } } }';
    expect(await ask('fresh', query)).toMatchObject({
      data: { allAudits: null },
      refused: [['allAudits', 'FORBIDDEN']],
    });
    expect((await ask('admin', query)).data).toEqual({
      allAudits: { totalCount: 1, nodes: [{ what: 'opened' }] },
    });
  });

  test('cannot be read by the id of a node', async () => {
    const { data } = await ask('admin', '{ allAudits { nodes { id } } }');
    const { id } = (data as { allAudits: { nodes: [{ id: string }] } }).allAudits.nodes[0];
    const node = await ask('fresh', `{ node(id: "${id}") { id ... on Audit { what } } }`);
    expect(JSON.stringify(node.data)).not.toContain('opened');
    expect(node.refused).toEqual([['node.id', 'FORBIDDEN']]);
  });

  test('cannot be written, even if nothing of it is read', async () => {
    const before = await audits();
    const query = 'mutation { createAudit(input: { audit: { rowId: 9, what: "x" } }) { clientMutationId } }';
    expect(await ask('fresh', query)).toMatchObject({ status: 403, refused: [['createAudit', 'FORBIDDEN']] });
    expect(await audits()).toBe(before);
    expect((await ask('admin', query)).status).toBe(200);
    expect(await audits()).toBe(before + 1);
  });
});

test('a guarded function does not run for a caller who may not call it', async () => {
  const before = await audits();
  const query = 'mutation { pay(input: { amount: 5 }) { result } }';
  expect(await ask('weak', query)).toMatchObject({
    status: 401,
    challenge: STEP_UP(120),
    refused: [['pay', 'STEP_UP_REQUIRED']],
  });
  expect(await ask('nobody', query)).toMatchObject({ status: 401, challenge: 'Bearer' });
  expect(await audits()).toBe(before);
  expect((await ask('fresh', query)).refused).toEqual([]);
  expect(await audits()).toBe(before + 1);
});

test('a guard that reaches no field is an error at start', async () => {
  await client.query(`comment on function bank.pay(int) is E'@stepUp\n@behavior -*'`);
  const other = start();
  let said = '';
  for (const output of [other.stdout, other.stderr]) output.on('data', (data) => (said += String(data)));
  try {
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(/This guard reaches no field: .*stepUp/);
    expect(said).not.toContain('http://');
  } finally {
    other.kill();
    if (other.exitCode === null) await once(other, 'exit');
  }
});
