import { createRequire } from 'node:module';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/harness/longest-first.ts';

// graphql 16 ships two builds, and Vite would load the other one than Node does: two realms of the same types.
const { resolve } = createRequire(import.meta.url);
const graphql = resolve('graphql');

const shared = {
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
};

// To load what the server is made of takes longer than most files' tests, so a worker does it once and not for each file.
const oneProcess = { isolate: false, setupFiles: ['test/harness/clean-up.ts'] };

// For the programs that tests start, and the workers: each would compile the same libraries anew.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/node-compile');

export default defineConfig({
  test: {
    // A worker for each core: by itself vitest leaves one idle, which is half of a small machine.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...shared,
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/card/**', 'test/package/**'],
          globalSetup: ['test/harness/database-setup.ts'],
          ...oneProcess,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      // The guards once more, on the next major version of graphql: everything that imports it takes that one.
      {
        resolve: { alias: [{ find: /^graphql$/, replacement: resolve('graphql17') }] },
        test: {
          name: 'graphql17',
          env: { GRAPHQL_MAJOR: '17' },
          include: ['test/step-up/*.test.ts'],
          // The first three need the server, whose libraries are on 16; the last prints, which those libraries do on 16 only.
          exclude: [
            'test/step-up/known-services.test.ts',
            'test/step-up/bound-proof.test.ts',
            'test/step-up/tokens.test.ts',
            'test/step-up/print.test.ts',
          ],
          server: { deps: { inline: [/graphql/, /@pothos/, /@envelop/, /@whatwg-node/] } },
          ...oneProcess,
          testTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/harness/database-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'card',
          include: ['test/card/**/*.test.ts'],
          globalSetup: ['test/harness/database-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/harness/database-setup.ts', 'test/browser/build-graphiql.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
