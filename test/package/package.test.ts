// The package as users get it: packed, installed into a separate project outside this repository, type-checked, and run
// there with a real Stepgate, on each major version of graphql.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { compile, pack, ROOT, run } from './pack.ts';

let folder: string;
let tarball: string;
let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-package-'));
  tarball = await pack(folder);
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('the package contains the library and nothing of the server', async () => {
  const { stdout } = await run('tar', ['tzf', tarball]);
  const files = stdout.trim().split('\n');
  const known = [
    /^package\/(package\.json|README\.md|LICENSE)$/,
    /^package\/dist\/(step-up|policy|client|graphiql|cli\/policy)\/.+\.(js|d\.ts)$/,
    /^package\/dist\/api\/.+\.md$/,
    /^package\/dist\/cli\/(package|run-command|help|policy)\.(js|d\.ts)$/,
    /^package\/dist\/platform\/(clock|operator-error)\.(js|d\.ts)$/,
  ];
  expect(files.filter((file) => !known.some((one) => one.test(file)))).toEqual([]);
  expect(files).toContain('package/dist/api/step-up/sdl.md');
  const { stdout: manifest } = await run('tar', ['xzOf', tarball, 'package/package.json']);
  const { dependencies, scripts } = JSON.parse(manifest) as Record<string, object>;
  expect(Object.keys(dependencies ?? {})).toEqual(['commander', 'jose', 'zod']);
  expect(scripts).toBeUndefined();
});

/** The versions that this repository tests with. */
async function own(name: string): Promise<string> {
  const manifest = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

const LIBRARIES = [
  '@apollo/client',
  '@envelop/core',
  '@graphql-tools/schema',
  '@graphql-tools/utils',
  '@pothos/core',
  '@types/node',
  '@urql/core',
  'graphql-yoga',
  'rxjs',
  'wonka',
];

describe.each([
  [16, 'graphql'],
  [17, 'graphql17'],
])('a project on graphql %i', (major, name) => {
  let project: string;

  beforeAll(async () => {
    project = join(folder, `graphql${major}`);
    await cp(join(ROOT, 'test/package/consumer'), project, { recursive: true });
    const dependencies = Object.fromEntries(
      await Promise.all(LIBRARIES.map(async (library) => [library, await own(library)] as const)),
    );
    const manifest = {
      private: true,
      type: 'module',
      dependencies: { ...dependencies, graphql: await own(name), stepgate: `file:${tarball}` },
    };
    await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: project });
    // The second without checking the declarations of libraries, because those of Apollo Client have errors.
    for (const config of ['tsconfig.json', 'tsconfig.application.json']) {
      await compile(project, '-p', config);
    }
  });

  test('installs only its own copy of graphql, and few other packages', async () => {
    const { stdout } = await run('npm', ['ls', 'graphql', '--all', '--parseable'], { cwd: project });
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(await readdir(join(project, 'node_modules'))).not.toContain('bcrypt');
  });

  test('guards its SDL schema with the tokens of a real server', async () => {
    const jwksUrl = `${app.url}/.well-known/jwks.json`;
    const server = spawn(
      process.execPath,
      ['out/server.js', TEST_ENVIRONMENT.PUBLIC_URL, jwksUrl, `${app.url}/graphql`],
      { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const [port] = (await once(server.stdout, 'data')) as [Buffer];
      const customers = new TestClient({ url: `http://127.0.0.1:${String(port).trim()}` });
      const ask = async (query: string, token?: string) => {
        const { status, data, errors, headers } = await customers.graphql(query, {}, token);
        const codes = errors.map((one) => one.extensions.code);
        return { status, data, codes, challenge: headers.get('www-authenticate') };
      };

      const read = '{ version customer { name contract } }';
      const anonymous = await ask(read);
      expect(anonymous.data).toEqual({ version: major, customer: { name: null, contract: null } });
      expect(anonymous.codes).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
      expect(anonymous.challenge).toBe('Bearer');

      const person = await client.signUp();
      const weak = await ask(read, person.accessToken);
      expect(weak.data.customer).toEqual({ name: 'Ada', contract: null });
      expect(weak.codes).toEqual(['ENROLLMENT_REQUIRED']);
      const rename = 'mutation { count rename(name: "Grace") { name } }';
      const refused = await ask(rename, person.accessToken);
      expect(refused).toMatchObject({ status: 401, codes: ['ENROLLMENT_REQUIRED'] });
      expect(refused.challenge).toContain('insufficient_user_authentication');

      const { tokens, backupCodes } = await client.enrollTotp(person.accessToken);
      expect((await ask(read, tokens.accessToken)).data.customer).toEqual({
        name: 'Ada',
        contract: 'secret',
      });
      // `count` is 1: the refused mutation did not run.
      const done = await ask(rename, tokens.accessToken);
      expect(done.data).toEqual({ count: 1, rename: { name: 'Grace' } });
      expect((await ask(read, `${tokens.accessToken}x`)).challenge).toBe('Bearer error="invalid_token"');

      // A payment needs its own proof. The session's fresh evidence does not count for it.
      const pay = 'mutation { pay(amount: 5, to: "Bob") }';
      expect(await ask(pay, tokens.accessToken)).toMatchObject({ status: 401, codes: ['STEP_UP_REQUIRED'] });
      const { stdout } = await run(
        process.execPath,
        [
          'out/application.js',
          `${app.url}/graphql`,
          `http://127.0.0.1:${String(port).trim()}/graphql`,
          JSON.stringify(tokens),
          ...backupCodes,
        ],
        { cwd: project },
      );
      expect(JSON.parse(stdout)).toEqual({
        byApollo: { pay: '5 to Bob' },
        byUrql: { pay: '6 to Bob' },
        byFetch: { customer: { name: 'Ada' } },
        byRelay: { customer: { name: 'Ada' } },
        prompts: [
          { bind: 'OPERATION', approves: 'pay' },
          { bind: 'OPERATION', approves: 'pay' },
        ],
        read: { viewer: { auditEvents: expect.any(Array) } },
      });
    } finally {
      server.kill();
      await once(server, 'exit');
    }
  });

  test('guards its Pothos schema on a server with Envelop', async () => {
    const { stdout } = await run(process.execPath, ['out/pothos.js'], { cwd: project });
    const { data, errors } = JSON.parse(stdout) as { data?: unknown; errors: { path: string[] }[] };
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ path: ['guarded'], extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  test('can run the command that checks its schema', async () => {
    await writeFile(join(project, 'api.graphql'), 'type Query { a: Int @stepUp } type Mutation { b: Int }');
    const rules = { rules: [{ match: 'Mutation.*', require: 'authenticated' }] };
    await writeFile(join(project, 'stepgate.policy.json'), JSON.stringify(rules));
    const stepgate = (...args: string[]) =>
      run(join(project, 'node_modules/.bin/stepgate'), ['policy', ...args, 'api.graphql'], { cwd: project });
    const { stdout } = await stepgate('print');
    expect(stdout).toMatch(/^Query\.a +@stepUp +600 s/m);
    await expect(stepgate('check')).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('api.graphql:1:47 Mutation.b has no guard; add @authenticated.'),
    });
  });
});
