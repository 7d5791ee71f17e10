// The test files of a worker share its process. This undoes the stubs and mocks of each file. Modules are evaluated
// once for all files, so no file may reset them.
import { afterAll, vi } from 'vitest';

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
