// The files that take longest begin first. One that begins last leaves the other cores idle until it ends, and a clean
// clone has no record of durations: vitest then goes by the size of a file, which says nothing about its time.
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LONGEST: readonly string[] = [
  'test/workflows/matrix.test.ts',
  'test/workflows/matrix-in-session.test.ts',
  'test/workflows/every-path.test.ts',
  'test/workflows/replay.test.ts',
  'test/embedded-postgres/embedded-postgres.test.ts',
  'test/cli/commands.test.ts',
  'test/cli/keys.test.ts',
  'test/server/dearest-request.test.ts',
  'test/workflows/spraying.test.ts',
  'test/workflows/restart.test.ts',
  'test/delivery/outage.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files); // oxlint-disable-line unicorn/no-array-sort -- not an array's sort
    const projects = [...new Set(sorted.map(({ project }) => project))]; // one after the other
    return sorted.toSorted(
      (one, other) =>
        projects.indexOf(one.project) - projects.indexOf(other.project) ||
        this.#rankOf(one) - this.#rankOf(other),
    );
  }

  #rankOf({ moduleId }: TestSpecification): number {
    const rank = LONGEST.indexOf(relative(this.ctx.config.root, moduleId).replaceAll('\\', '/'));
    return rank === -1 ? LONGEST.length : rank;
  }
}
