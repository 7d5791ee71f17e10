// `npm run bench:import [-- USERS]`: measures users per second and peak memory of the import and export commands. The
// file has 100,000 users by default, with bcrypt, Argon2 and Django PBKDF2 hashes, some with a phone, an authenticator
// app or backup codes.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import bcrypt from 'bcrypt';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/embedded-postgres/start.ts';
import { migrate } from '../src/persistence/migrations.ts';

const USERS = Number(process.argv[2] ?? 100_000);
const ROWS_AT_ONCE = 1000;

const base64 = (bytes: number): string => randomBytes(bytes).toString('base64').replace(/=+$/, '');
const BCRYPT = bcrypt.hashSync('a password', 4);
const HASHES = [
  () => BCRYPT,
  () => `$argon2id$v=19$m=19456,t=2,p=1$${base64(16)}$${base64(32)}`,
  () => `pbkdf2_sha256$600000$${randomBytes(11).toString('hex')}$${randomBytes(32).toString('base64')}`,
];

function userAt(at: number): object {
  return {
    externalId: `user-${at}`,
    name: `User ${at}`,
    email: `user-${at}@example.com`,
    passwordHash: HASHES[at % HASHES.length]?.(),
    createdAt: '2025-01-02T03:04:05Z',
    ...(at % 10 === 0 ? { totp: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } : {}),
    ...(at % 10 === 1 ? { phones: [{ number: `+1212${2_000_000 + at}`, secondFactor: true }] } : {}),
    ...(at % 20 === 0
      ? { backupCodes: Array.from({ length: 10 }, () => randomBytes(8).toString('hex')) }
      : {}),
  };
}

async function writeUsers(path: string): Promise<void> {
  const file = await open(path, 'w');
  for (let at = 0; at < USERS; at += ROWS_AT_ONCE) {
    const users = Array.from({ length: Math.min(ROWS_AT_ONCE, USERS - at) }, (_, next) => userAt(at + next));
    await file.appendFile(users.map((user) => `${JSON.stringify(user)}\n`).join(''));
  }
  await file.close();
}

/** Makes a process print its peak memory on exit. */
const MEASURING = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => process.stderr.write('maxRSS ' + process.resourceUsage().maxRSS + '\\n'))",
)}`;

async function timed(args: string[], databaseUrl: string): Promise<{ seconds: number; megabytes: number }> {
  const startedAt = performance.now();
  const command = spawn(process.execPath, ['--import', MEASURING, 'src/cli/stepgate.ts', ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code]] = await Promise.all([
    text(command.stderr),
    once(command, 'exit') as Promise<[number]>,
  ]);
  if (code !== 0) throw new Error(`${args.slice(0, 2).join(' ')} exited with code ${code}: ${said}`);
  const kilobytes = Number(/maxRSS (\d+)/.exec(said)?.[1]);
  return { seconds: (performance.now() - startedAt) / 1000, megabytes: Math.round(kilobytes / 1024) };
}

const [folder, dataDir] = await Promise.all([
  mkdtemp(join(tmpdir(), 'stepgate-bench-users-')),
  mkdtemp(join(tmpdir(), 'stepgate-bench-data-')),
]);
const database = await startEmbeddedPostgres({ dataDir, durable: true, log: () => {} });
try {
  await migrate(database.url, new Date());
  const path = join(folder, 'users.ndjson');
  await writeUsers(path);
  const megabytes = ((await stat(path)).size / 1e6).toFixed(0);
  process.stdout.write(`${USERS} users, ${megabytes} MB\n`);
  for (const args of [
    ['users', 'import', path, '--dry-run'],
    ['users', 'import', path],
    ['users', 'export', join(folder, 'exported.ndjson')],
  ]) {
    const { seconds, megabytes: memory } = await timed(args, database.url);
    const what = [args[0], args[1], ...args.slice(3)].join(' ').padEnd(24);
    const rate = Math.round(USERS / seconds);
    process.stdout.write(
      `${what} ${seconds.toFixed(1).padStart(6)} s   ${String(rate).padStart(6)} users/s   ${memory} MB peak\n`,
    );
  }
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query('select count(*) as users from user_account');
  await client.end();
  process.stdout.write(`${rows[0]?.users} users in the database\n`);
} finally {
  await database.stop();
  for (const made of [folder, dataDir]) await rm(made, { recursive: true, force: true });
}
