// The server's tests in the order in which they are named: Vitest by itself begins with the longest, and the nearest test
// is the one that fails.
import { resolve } from 'node:path';
import { mergeConfig } from 'vitest/config';
import type { TestSequencer, TestSpecification } from 'vitest/node';
import config from '../../vitest.config.ts';

class AsNamed implements TestSequencer {
  sort(tests: TestSpecification[]): TestSpecification[] {
    const named = process.argv.map((one) => resolve(one));
    return tests.toSorted((one, other) => named.indexOf(one.moduleId) - named.indexOf(other.moduleId));
  }

  shard(tests: TestSpecification[]): TestSpecification[] {
    return tests;
  }
}

/** On a busy machine, a test that takes too long would count as one that detected the mutation. */
const TEST_TIMEOUT_MS = 120_000;
const projects = config.test?.projects?.map((project) =>
  typeof project === 'object' && 'test' in project
    ? { ...project, test: { ...project.test, testTimeout: TEST_TIMEOUT_MS } }
    : project,
);

export default {
  ...mergeConfig(config, { root: resolve(import.meta.dirname, '../..') }),
  test: { ...config.test, projects, sequence: { sequencer: AsNamed } },
};
