// `npm run bench:dearest`: searches for the request that keeps the server's main thread busy for longest, among those
// that the limits let pass and those that they refuse. Goal: no request takes 50 ms.
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
    DATA_DIR: dataDir,
  },
});
const [{ url }] = (await once(server, 'message')) as [{ url: string }];

/** What the main thread of the server has computed so far. Its threads for hashes are others. */
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
          // Each time another document, so that none is remembered.
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
      `${ms.toFixed(1).padStart(8)} ms (at first ${first.toFixed(1)})  ${code.padEnd(26)} ${name}, ${size}\n`,
    );
  }
  const worst = dearest[0]?.ms ?? 0;
  process.stdout.write(
    `${measured.length} requests, the dearest ${worst.toFixed(1)} ms; goal: less than ${GOAL_MS}\n`,
  );
  if (worst >= GOAL_MS) process.exitCode = 1;
} finally {
  server.disconnect();
  await once(server, 'exit');
  await rm(dataDir, { recursive: true, force: true });
}
