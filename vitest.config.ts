import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

// graphql 16 ships two builds, and Vite would load the other one than Node does: two realms of the same types.
const graphql = createRequire(import.meta.url).resolve('graphql');

const shared = {
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**'],
          globalSetup: ['test/harness/database.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/harness/database.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
