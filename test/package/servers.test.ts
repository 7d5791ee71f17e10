// The servers in examples/servers, installed with the packed package, pass its conformance suite.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack, ROOT, run } from './pack.ts';

/** Several frameworks are installed. */
const INSTALL_MS = 300_000;

let folder: string;
let project: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-servers-'));
  project = join(folder, 'servers');
  const tarball = await pack(folder);
  await cp(join(ROOT, 'examples/servers'), project, {
    recursive: true,
    filter: (path) => !/\/(node_modules|out)$/.test(path),
  });
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  manifest.dependencies.stepgate = `file:${tarball}`;
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: project });
  await run('npx', ['tsc', '-p', 'tsconfig.json'], { cwd: project });
}, INSTALL_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('Hono, Next.js, NestJS, TypeGraphQL and a subgraph behind a gateway pass the conformance suite', async () => {
  const { stdout } = await run(process.execPath, ['out/conformance.js'], { cwd: project }).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}\n${error.stderr}`);
    },
  );
  const passed = [...stdout.matchAll(/^(.+): (\d+) of (\d+)$/gm)].map(([, name, some, all]) => {
    expect([name, some]).toEqual([name, all]);
    expect(Number(all)).toBeGreaterThan(60);
    return name;
  });
  expect(passed).toEqual([
    'Hono',
    'a route handler of Next.js',
    'NestJS, schema first',
    'NestJS, code first',
    'TypeGraphQL',
    'a subgraph behind a gateway',
  ]);
});
