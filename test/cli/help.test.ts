// The command line as a whole: every command explains itself and uses the same exit codes.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/stepgate.ts';
import { runCommand, runHere } from '../harness/command.ts';

const GROUPS = [
  'domains',
  'admin',
  'users',
  'outbox',
  'audit',
  'keys',
  'signing-keys',
  'breached-passwords',
  'policy',
  'schema',
  'charts',
];

/** The names below `Commands:`. */
function listed(help: string): string[] {
  const [, section = ''] = /^Commands:\n((?: {2}.*\n)+)/m.exec(help) ?? [];
  return [...section.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = '']) => name);
}

test('the program lists every command except the older names', async () => {
  const { code, stdout } = await runHere(['--help']);
  expect(code).toBe(0);
  const visible = Object.keys(COMMANDS).filter((name) => !/^(import|export)-users$/.test(name));
  expect(listed(stdout)).toEqual(visible);
});

test('--version prints the version of the package', async () => {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  expect(await runHere(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('every command', () => {
  test.each(Object.keys(COMMANDS))('%s: --help has usage, examples and exit codes', async (name) => {
    const paths = [[name]];
    for (const path of paths) {
      const { code, stdout, stderr } = await runHere([...path, '--help']);
      expect({ code, stderr }, path.join(' ')).toEqual({ code: 0, stderr: '' });
      expect(stdout.startsWith(`Usage: stepgate ${path.join(' ')} `), path.join(' ')).toBe(true);
      expect(stdout).toMatch(/^Options:\n(?: {2}.*\n)* {2}-h, --help /m);
      expect(stdout).toMatch(/^Examples:\n {2}(\w+=\w+ )?(stepgate|node)/m);
      expect(stdout).toMatch(/^Exit codes:\n {2}0 {2}success\n {2}1 {2}\S.*\n {2}2 {2}\S/m);
      paths.push(...listed(stdout).map((sub) => [...path, sub]));
    }
    expect(paths.length > 1).toBe(GROUPS.includes(name));
  });

  test.each(Object.keys(COMMANDS))(
    '%s: an unknown option exits with 2 and prints the usage',
    async (name) => {
      const { code, stdout, stderr } = await runHere([name, '--no-such-option']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^Unknown option '--no-such-option'\.\n/);
      expect(stderr).toContain(`Usage: stepgate ${name} `);
    },
  );
});

test('a mistyped command exits with 2 and suggests the right one', async () => {
  const { code, stderr } = await runHere(['mirgate']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^Unknown command 'mirgate'\.\n\(Did you mean migrate\?\)\n/);
});

test('--help loads neither the server nor the database libraries', async () => {
  // Node reports each loaded module to the preloaded hook, which prints it to standard error.
  const hook = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });
  `)}`;
  const { code, stderr } = await runCommand('src/cli/stepgate.ts', ['--help'], {
    NODE_OPTIONS: `--import=${hook}`,
  });
  expect(code).toBe(0);
  const loaded = stderr
    .trim()
    .split('\n')
    .filter((url) => url.startsWith('file:'));
  expect(loaded).toContainEqual(expect.stringMatching(/src\/cli\/run-command\.ts$/));
  const others = loaded.filter(
    (url) =>
      !/src\/cli\/(stepgate|run-command|help)\.ts$|src\/platform\/operator-error\.ts$|node_modules\/commander\//.test(
        url,
      ),
  );
  expect(others).toEqual([]);
});
