// The example in Python agrees with the test vectors. It runs on Debian's Python, with python3-jwt and python3-cryptography.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VECTORS = join(ROOT, 'docs/vectors');

/** @param folder with the test vectors. Rejects when the example disagrees with one of them. */
function check(folder: string): Promise<{ stdout: string }> {
  // Debian's packages belong to this Python, whichever is first on PATH. -B leaves no compiled files next to the example.
  return run('/usr/bin/python3', ['-B', join(ROOT, 'examples/tokens/python/check_vectors.py'), folder]);
}

test('the example in Python agrees about every token and every decision', async () => {
  const { tokens } = JSON.parse(await readFile(join(VECTORS, 'tokens.json'), 'utf8')) as { tokens: [] };
  const file = JSON.parse(await readFile(join(VECTORS, 'decisions.json'), 'utf8')) as { decisions: [] };
  const { stdout } = await check(VECTORS);
  expect(stdout.trim()).toBe(`${tokens.length} tokens and ${file.decisions.length} decisions, 0 failures`);
});

test('the example in Python notices a decision that differs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-vectors-'));
  try {
    await cp(VECTORS, folder, { recursive: true });
    const path = join(folder, 'decisions.json');
    const decisions = await readFile(path, 'utf8');
    await writeFile(path, decisions.replace('"result":"STEP_UP_REQUIRED"', '"result":"ACCEPTED"'));
    await expect(check(folder)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(' 1 failures'),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
