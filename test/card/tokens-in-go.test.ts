// The example in Go agrees with the test vectors.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = 'examples/tokens/go';
const VECTORS = 'docs/vectors';

/** @param root has the example and the vectors. Rejects when the example disagrees with one of them. */
const check = (root: string): Promise<{ stdout: string }> =>
  run('go', ['test', '-v', '-count=1', './...'], { cwd: join(root, EXAMPLE) });

test('the example in Go agrees about every factor, token and decision', async () => {
  const { tokens } = JSON.parse(await readFile(join(ROOT, VECTORS, 'tokens.json'), 'utf8')) as { tokens: [] };
  const { decisions } = JSON.parse(await readFile(join(ROOT, VECTORS, 'decisions.json'), 'utf8')) as {
    decisions: [];
  };
  const { stdout } = await check(ROOT);
  expect(stdout).toContain('--- PASS: TestFactors');
  expect(stdout).toMatch(new RegExp(`: ${tokens.length} tokens$`, 'm'));
  expect(stdout).toMatch(new RegExp(`: ${decisions.length} decisions$`, 'm'));
});

test('the example in Go notices a decision that differs', async () => {
  const root = await mkdtemp(join(tmpdir(), 'stepgate-vectors-'));
  try {
    for (const one of [EXAMPLE, VECTORS]) await cp(join(ROOT, one), join(root, one), { recursive: true });
    const path = join(root, VECTORS, 'decisions.json');
    const decisions = await readFile(path, 'utf8');
    await writeFile(path, decisions.replace('"result":"STEP_UP_REQUIRED"', '"result":"ACCEPTED"'));
    await expect(check(root)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('expected ACCEPTED, got STEP_UP_REQUIRED'),
    });
  } finally {
    await rm(root, { recursive: true });
  }
});
