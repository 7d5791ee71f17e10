// Checks the database, and what is stored in it: its version and its clock, the migrations, and both kinds of keys.
import { sql as raw } from 'kysely';
import { isMigrated } from '../../persistence/migrations.ts';
import { type Orm, type Sql, sqlOf } from '../../persistence/orm.ts';
import { checkKeys, RetiredKeyError } from '../../persistence/secret-keys.ts';
import { systemClock } from '../../platform/clock.ts';
import { KeyRing, UnknownKeyError } from '../../platform/key-ring.ts';
import { listSigningKeys } from '../../sessions/rotate-signing-key.ts';
import { type Finding, findingsOf } from './finding.ts';

/** The oldest version that the PostgreSQL project still maintains, in November 2026. */
const OLDEST_MAINTAINED = 150_000;

const MOST_SKEW_MS = 5000;

interface Server {
  readonly version: string;
  readonly number: number;
  readonly writes: boolean;
  readonly milliseconds: number;
}

export async function checkDatabase(orm: Orm, secretKeys: readonly Uint8Array[]): Promise<Finding[]> {
  const sql = sqlOf(orm.em.fork());
  const before = systemClock.now().getTime();
  const server = await serverOf(sql);
  const here = new Date((before + systemClock.now().getTime()) / 2);
  const found = [checkVersion(server), checkClock(new Date(server.milliseconds), here)];
  if (!server.writes) return found; // whether migrations are pending cannot be read on a standby
  const migrations = await checkMigrations(orm);
  if (migrations.outcome !== 'ok') return [...found, migrations];
  const keys = await checkSecretKeys(sql, new KeyRing(secretKeys));
  return [...found, migrations, keys, await checkSigningKey(sql, systemClock.now())];
}

async function serverOf(sql: Sql): Promise<Server> {
  const { rows } = await raw<Server>`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
      current_setting('transaction_read_only') = 'off' as writes,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as milliseconds`.execute(sql);
  const [server] = rows;
  if (server === undefined) throw new Error('PostgreSQL did not describe itself.');
  return server;
}

function checkVersion({ version, number, writes }: Server): Finding {
  const database = findingsOf('database');
  if (!writes)
    return database.failed(
      `PostgreSQL ${version} does not accept writes.`,
      'Name the primary server in DATABASE_URL, not a standby.',
    );
  if (number < OLDEST_MAINTAINED)
    return database.warning(
      `PostgreSQL ${version} gets no more security fixes.`,
      `Upgrade it to version ${OLDEST_MAINTAINED / 10_000} or newer.`,
    );
  return database.ok(`PostgreSQL ${version} is reachable and accepts writes.`);
}

export function checkClock(there: Date, here: Date): Finding {
  const clock = findingsOf('clock');
  const skew = Math.abs(there.getTime() - here.getTime());
  const seconds = (skew / 1000).toFixed(1);
  return skew > MOST_SKEW_MS
    ? clock.failed(
        `The clocks of this machine and of the database differ by ${seconds} seconds.`,
        'Synchronize both with NTP.',
      )
    : clock.ok(`The clocks of this machine and of the database differ by ${seconds} seconds.`);
}

async function checkMigrations(orm: Orm): Promise<Finding> {
  const migrations = findingsOf('migrations');
  return (await isMigrated(orm))
    ? migrations.ok('All migrations are applied.')
    : migrations.failed('The database schema is out of date.', 'Run `npx stepgate migrate`.');
}

async function checkSecretKeys(sql: Sql, ring: KeyRing): Promise<Finding> {
  const keys = findingsOf('secret keys');
  try {
    await checkKeys(sql, ring);
    return keys.ok('SECRET_KEYS has every key that is in use.');
  } catch (error) {
    if (error instanceof UnknownKeyError) return keys.failed(error.message); // it says what to do
    if (!(error instanceof RetiredKeyError)) throw error;
    return keys.warning(
      `No server seals with the first key (${ring.newest.id}) yet, or it is retired.`,
      'Start the servers with these SECRET_KEYS. If you have retired the key, remove it.',
    );
  }
}

async function checkSigningKey(sql: Sql, now: Date): Promise<Finding> {
  const signing = findingsOf('signing key');
  const keys = await listSigningKeys(sql);
  const isThere = keys.some(
    ({ signsAt, retiredAt }) => signsAt <= now && (retiredAt === null || retiredAt > now),
  );
  if (isThere) return signing.ok('A key signs access tokens.');
  return keys.length === 0
    ? signing.failed('There is no signing key for access tokens.', 'Start the server, which creates one.')
    : signing.failed('No key signs access tokens now.', 'Run `npx stepgate signing-keys rotate --at-once`.');
}
