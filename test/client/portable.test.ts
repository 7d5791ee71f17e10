// The client runs in any environment with `fetch`. Its sources are compiled for browsers, without Node's types.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OPTIONS = [
  '--ignoreConfig --noEmit --strict --skipLibCheck --exactOptionalPropertyTypes --noUncheckedIndexedAccess',
  '--erasableSyntaxOnly --verbatimModuleSyntax --allowImportingTsExtensions',
  '--target es2022 --lib es2023,dom,dom.iterable --module esnext --moduleResolution bundler',
].join(' ');

async function compiled(...entries: string[]): Promise<string> {
  const args = [...OPTIONS.split(' '), '--types', '', ...entries];
  return run('node_modules/.bin/tsc', args, { cwd: ROOT }).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
}

test('the client and its React hook compile without Node', async () => {
  expect(await compiled('src/client/index.ts', 'src/client/react.ts')).toBe('');
});

test('a file that needs Node does not compile with the same options', async () => {
  expect(await compiled('src/platform/digest.ts')).toContain('node:crypto');
});
