// The servers in examples/servers, installed with the packed package, pass its conformance suite: on graphql 16 and, where
// their libraries allow it, on 17; on Node, Bun, Deno and Workers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack, ROOT, run } from './pack.ts';

/** Several frameworks are installed. */
const INSTALL_MS = 300_000;

let folder: string;
let project: string;

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const install = (cwd: string) =>
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd });

/** Runs a program of a project, and returns what it prints. */
async function output(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, args, { cwd }).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}\n${error.stderr}`);
    },
  );
  return stdout;
}

/** The servers that pass all cases, by their number. */
async function conforming(cwd: string, ...servers: string[]): Promise<Record<string, number>> {
  const stdout = await output(cwd, 'out/conformance.js', ...servers);
  const passed = [...stdout.matchAll(/^(.+): (\d+) of (\d+)$/gm)].map(([, name, some, all]) => {
    expect([name, some]).toEqual([name, all]);
    return [name, Number(all)];
  });
  return Object.fromEntries(passed);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-servers-'));
  project = join(folder, 'servers');
  const tarball = await pack(folder);
  await cp(join(ROOT, 'examples/servers'), project, {
    recursive: true,
    filter: (path) => !/\/(node_modules|out)$/.test(path),
  });
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as Manifest;
  manifest.dependencies['stepgate'] = `file:${tarball}`;
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  await install(project);
  await run('npx', ['tsc', '-p', 'tsconfig.json'], { cwd: project });
}, INSTALL_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('every server passes the conformance suite, with its batches and subscriptions', async () => {
  expect(await conforming(project)).toEqual({
    hono: 77,
    'next-route': 73,
    'nest-schema-first': 70,
    'nest-code-first': 66,
    'type-graphql': 66,
    'graphql-ws': 73,
    'graphql-sse': 73,
    'graphql-sse on one connection': 73,
    'apollo-gateway': 66,
    'hive-gateway': 66,
  });
});

const LIBRARIES = ['@graphql-tools/', '@hono/', 'graphql-', 'hono', 'stepgate', 'ws'];

/** Another project with the compiled servers, and with few of their libraries. */
async function projectWith(name: string, added: Record<string, string>): Promise<string> {
  const other = join(folder, name);
  await mkdir(other);
  const { dependencies } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as Manifest;
  const few = Object.entries(dependencies).filter(([library]) =>
    LIBRARIES.some((one) => library.startsWith(one)),
  );
  // Runtimes link their binary in an install script.
  const allowScripts = Object.fromEntries(Object.keys(added).map((library) => [library, true]));
  const manifest = { type: 'module', dependencies: { ...Object.fromEntries(few), ...added }, allowScripts };
  await writeFile(join(other, 'package.json'), JSON.stringify(manifest));
  await install(other);
  await cp(join(project, 'out'), join(other, 'out'), { recursive: true });
  return other;
}

describe('on graphql 17', () => {
  test('so do the servers whose libraries support it', async () => {
    const { version: graphql } = JSON.parse(
      await readFile(join(ROOT, 'node_modules/graphql17/package.json'), 'utf8'),
    ) as { version: string };
    const next = await projectWith('graphql17', { graphql });
    const servers = ['hono', 'next-route', 'graphql-ws', 'graphql-sse', 'graphql-sse on one connection'];
    expect(Object.keys(await conforming(next, ...servers))).toEqual(servers);
    expect(await output(next, '-p', 'require("graphql").version')).toMatch(/^17\./);
  }, 120_000);
});

describe('on other runtimes, Hono passes it:', () => {
  const RUNTIMES = { bun: '1.4.4', deno: '2.9.6', workerd: '1.20261117.1', graphql: '16.15.0' };
  let other: string;
  beforeAll(async () => {
    other = await projectWith('runtimes', RUNTIMES);
    await cp(join(project, 'worker.capnp'), join(other, 'worker.capnp'));
    const bundle = ['build', 'out/worker.js', '--outfile', 'out/worker.bundle.js'];
    await run(bin('bun'), [...bundle, '--target', 'browser', '--external', 'node:*'], { cwd: other });
  }, INSTALL_MS);
  const bin = (name: string): string => join(other, 'node_modules/.bin', name);

  test.each([
    ['bun', ['out/bun.js']],
    ['deno', ['run', '--allow-all', '--no-prompt', 'out/deno.js']],
  ])('%s', async (name, args) => {
    const { stdout } = await run(bin(name), args, { cwd: other });
    expect(stdout.trim().split('\n').at(-1)).toBe(`${name}: 77 of 77`);
  });

  /** Starts the worker, and returns what it says of the suite, or why it did not start. */
  async function inWorkerd(config: string): Promise<unknown> {
    await writeFile(join(other, 'used.capnp'), config);
    const workerd = spawn(bin('workerd'), ['serve', 'used.capnp', '--control-fd=3'], {
      cwd: other,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    const [, , errors, control] = workerd.stdio as unknown as Readable[];
    let said = '';
    errors?.on('data', (data: Buffer) => (said += String(data)));
    const ended = once(workerd, 'exit');
    try {
      const listening = control === undefined ? ended : once(control, 'data');
      const [first] = (await Promise.race([listening, ended])) as unknown[];
      const port = /"port":(\d+)/.exec(String(first))?.[1];
      if (port === undefined) {
        await ended;
        return said;
      }
      return await (await fetch(`http://127.0.0.1:${port}/conformance`)).json();
    } finally {
      workerd.kill();
      await ended;
    }
  }

  test('Workers, with the Node modules that they have by default', async () => {
    const config = await readFile(join(other, 'worker.capnp'), 'utf8');
    expect(await inWorkerd(config)).toEqual({ cases: 77, failed: [] });
  });

  test('Workers without these modules do not start', async () => {
    const config = await readFile(join(other, 'worker.capnp'), 'utf8');
    expect(await inWorkerd(config.replace('2026-08-04', '2025-01-01'))).toMatch(/No such module "node:/);
  });
});

describe('a graph of two subgraphs, one of which reads a guarded field of the other by @requires', () => {
  const graph = (name: string): string => join(project, `graph/${name}.graphql`);
  const policy = (scores: string) =>
    run(join(project, 'node_modules/.bin/stepgate'), [
      'policy',
      'federation',
      graph('customers'),
      graph(scores),
    ]);

  test('a missing guard is found before it is deployed', async () => {
    expect((await policy('scores')).stdout).toMatch(/1 dependent field: no violations\.$/m);
    await expect(policy('scores-without-a-guard')).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        'Customer.score reads Customer.iban by @requires; add @stepUp(maxAge: 300)',
      ),
    });
  });

  test('the guard of the subgraph that provides the field holds behind each gateway', async () => {
    const lines = (await output(project, 'out/federation.js')).matchAll(/^\{.*$/gm);
    const answers = [...lines].map(
      ([line]) => JSON.parse(line) as Record<string, unknown> & { data: { customer: { score: unknown } } },
    );
    expect(answers.map(({ gateway, file, caller }) => [gateway, file, caller])).toHaveLength(12);
    for (const { caller, file, data, errors, seen, challenge } of answers) {
      if (caller === 'fresh') {
        expect({ score: data.customer.score, seen, challenge }).toEqual({
          score: 22,
          seen: ['string'],
          challenge: null,
        });
        continue;
      }
      expect(data.customer).toEqual({ name: 'Ada', score: null });
      expect(challenge).toMatch(caller === 'weak' ? /max_age="300"/ : /^Bearer/);
      // With a guard of its own, the field is refused. Without it, its resolver runs, and does not get the value.
      if (file === 'scores') {
        expect(seen).toEqual([]);
        expect(errors).toContainEqual([
          'customer.score',
          caller === 'weak' ? 'STEP_UP_REQUIRED' : 'UNAUTHENTICATED',
        ]);
      } else {
        expect(seen).toEqual(['object']);
      }
    }
  });
});
