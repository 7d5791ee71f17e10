// The servers in examples/servers, installed with the packed package, pass its conformance suite, on graphql 16 and, where
// their libraries allow it, on 17.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

describe('on graphql 17', () => {
  const LIBRARIES = ['@graphql-tools/', '@hono/', 'graphql-', 'hono', 'stepgate', 'ws'];

  test('so do the servers whose libraries support it', async () => {
    const next = join(folder, 'graphql17');
    await mkdir(next);
    const { dependencies } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as Manifest;
    const few = Object.entries(dependencies).filter(([name]) =>
      LIBRARIES.some((library) => name.startsWith(library)),
    );
    const { version: graphql } = JSON.parse(
      await readFile(join(ROOT, 'node_modules/graphql17/package.json'), 'utf8'),
    ) as { version: string };
    await writeFile(
      join(next, 'package.json'),
      JSON.stringify({ type: 'module', dependencies: { ...Object.fromEntries(few), graphql } }),
    );
    await install(next);
    await cp(join(project, 'out'), join(next, 'out'), { recursive: true });
    const servers = ['hono', 'next-route', 'graphql-ws', 'graphql-sse', 'graphql-sse on one connection'];
    expect(Object.keys(await conforming(next, ...servers))).toEqual(servers);
    expect(await output(next, '-p', 'require("graphql").version')).toMatch(/^17\./);
  }, 120_000);
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
