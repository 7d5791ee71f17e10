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

export default mergeConfig(config, {
  root: resolve(import.meta.dirname, '../..'),
  test: { sequence: { sequencer: AsNamed } },
});
