// `npm run bench:dearest`: searches for the most expensive request for the server's main thread, among requests that
// pass the limits and requests that are refused. Goal: no request takes 50 ms.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClient } from '../test/harness/client.ts';
import { TestClock } from '../test/harness/clock.ts';
import { isReadable, SHAPES, SIZES } from '../test/server/request-shapes.ts';

const GOAL_MS = 50;
const ROUNDS = 3;
const SHOWN = Number(process.env['SHOWN'] ?? 25);

const dataDir = await mkdtemp(join(tmpdir(), 'stepgate-bench-'));
const server = fork(new URL('server.ts', import.meta.url), {
  env: {
    ...process.env,
    NODE_ENV: 'development',
    PORT: '0',
    PUBLIC_URL: 'http://localhost:4000',
    BCRYPT_COST: '10',
    LOG_LEVEL: 'silent',
    DATA_DIR: dataDir,
  },
});
const [{ url }] = (await once(server, 'message')) as [{ url: string }];

/** The CPU time of the server's main thread. Hashing runs on other threads. */
async function mainThreadMs(): Promise<number> {
  server.send('cpu');
  const [{ user, system }] = (await once(server, 'message')) as [{ user: number; system: number }];
  return (user + system) / 1000;
}

interface Measured {
  readonly name: string;
  readonly size: number;
  readonly ms: number;
  readonly first: number;
  readonly code: string;
}

try {
  const client = new TestClient({ url, clock: new TestClock() });
  const person = await client.signUp();
  const measured: Measured[] = [];
  const only = process.argv[2];
  for (const shape of SHAPES.filter(({ name }) => only === undefined || name.includes(only))) {
    for (const size of SIZES) {
      const body = shape.body(size);
      if (!isReadable(body)) continue;
      const taken: number[] = [];
      let code = '';
      for (let round = 0; round < ROUNDS; round += 1) {
        const before = await mainThreadMs();
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(shape.signedIn ? { authorization: `Bearer ${person.accessToken}` } : {}),
          },
          // A different document each time, to bypass the document cache.
          body: body.replaceAll('"query":"', `"query":"${' '.repeat(round)}`),
        });
        const text = await response.text();
        taken.push((await mainThreadMs()) - before);
        code = /"code":"(\w+)"/.exec(text)?.[1] ?? `${response.status} ${text.length} bytes`;
      }
      measured.push({ name: shape.name, size, ms: Math.min(...taken), first: taken[0] ?? 0, code });
    }
  }
  const dearest = measured.toSorted((one, other) => other.ms - one.ms);
  for (const { name, size, ms, first, code } of dearest.slice(0, SHOWN)) {
    process.stdout.write(
      `${ms.toFixed(1).padStart(8)} ms (first ${first.toFixed(1)})  ${code.padEnd(26)} ${name}, ${size}\n`,
    );
  }
  const worst = dearest[0]?.ms ?? 0;
  process.stdout.write(
    `${measured.length} requests; the slowest took ${worst.toFixed(1)} ms; goal: less than ${GOAL_MS} ms\n`,
  );
  if (worst >= GOAL_MS) process.exitCode = 1;
} finally {
  server.disconnect();
  await once(server, 'exit');
  await rm(dataDir, { recursive: true, force: true });
}
