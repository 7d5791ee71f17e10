// The test files of a worker share its process: what one of them has put in the place of the real thing, no other meets. Modules
// are evaluated once for all of them, so none may reset them.
import { afterAll, vi } from 'vitest';

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
