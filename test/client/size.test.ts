// What `stepgate/client` adds to a page, bundled and compressed as a page loads it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MOST_BYTES = 8192;

test('the client is smaller than 8 kB in a page', async () => {
  const options = '--minify --format esm --platform browser --external graphql'.split(' ');
  const { stdout } = await run('node_modules/.bin/rolldown', ['src/client/index.ts', ...options], {
    cwd: ROOT,
  });
  expect(stdout).toContain('createStepgateClient');
  expect(gzipSync(stdout, { level: 9 }).length).toBeLessThan(MOST_BYTES);
});
