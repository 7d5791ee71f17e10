// Keeps the compiled modules of a program for its next start. Node takes an entry only if the source and its own version
// are still the same. Where the folder cannot be written, programs start as they would without it.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Beside the libraries: whoever can write there can change the program in any case. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/stepgate', import.meta.url));

/**
 * Call it before you import the modules: it has no effect on those that are compiled already. NODE_COMPILE_CACHE names
 * another folder, and NODE_DISABLE_COMPILE_CACHE switches the cache off.
 */
export function useCompileCache(folder = FOLDER): void {
  enableCompileCache(folder); // reports a failure, and does not throw
}
