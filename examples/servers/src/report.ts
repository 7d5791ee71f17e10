// Runs the cases of the conformance suite, and prints what does not hold.
import type { ConformanceCase } from 'stepgate/step-up/conformance';

/** @returns how many cases do not hold. */
export async function report(name: string, cases: readonly ConformanceCase[]): Promise<number> {
  let failed = 0;
  for (const one of cases) {
    try {
      await one.run();
    } catch (error) {
      failed += 1;
      console.log(`${name}: ${one.name}\n${(error as Error).message}\n`);
    }
  }
  console.log(`${name}: ${cases.length - failed} of ${cases.length}`);
  return failed;
}
