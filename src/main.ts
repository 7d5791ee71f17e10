// Starts the server. Almost everything is imported after the compile cache is switched on.
import { useCompileCache } from './platform/compile-cache.ts';
import { printFailure } from './platform/operator-error.ts';

/** Returns when the server serves. */
export async function start(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  useCompileCache();
  const { serve } = await import('./serve.ts');
  await serve(env);
}

if (import.meta.main) {
  await start(process.env).catch((error: unknown) => {
    process.exitCode = printFailure(error, process.stderr);
  });
}
