// Builds the GraphiQL page, with a compressed copy of each file beside it. The server starts this program when it finds no
// build, and so does the Dockerfile.
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build, type Plugin } from 'vite';
import { graphiqlFolder } from '../../src/server/graphiql-build.ts';

// A server in a test would otherwise get the slower build of React.
process.env['NODE_ENV'] = 'production';

const OLD_MILLISECONDS = 86_400_000;

const PAGE = fileURLToPath(new URL('../../src/graphiql/page', import.meta.url));

async function bundle(outDir: string): Promise<void> {
  await build({
    root: PAGE,
    configFile: false,
    base: '/graphiql/',
    logLevel: 'error',
    plugins: [editorFirst],
    resolve: { dedupe: ['graphql', 'react', 'react-dom'] },
    oxc: { jsx: { runtime: 'automatic' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2024',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 5000,
      rolldownOptions: { checks: { moduleLevelDirective: false } },
    },
  });
}

/** GraphiQL imports the editor after its first render. The page loads both at the same time. */
const editorFirst: Plugin = {
  name: 'editor-first',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle: files = {} }) =>
      Object.keys(files)
        .filter((name) => /\/(monaco-editor|mouseTarget|lite)-[^/]*\.js$/.test(name))
        .map((name) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `/graphiql/${name}` },
          injectTo: 'head' as const,
        })),
  },
};

async function compress(path: string): Promise<void> {
  const content = await readFile(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(content, { params }));
  await writeFile(`${path}.gz`, await promisify(gzip)(content));
}

/** Each change of the sources leaves a build behind. */
async function deleteOldBuilds(builds: string): Promise<void> {
  for (const name of await readdir(builds)) {
    const { mtimeMs } = await stat(join(builds, name));
    if (Date.now() - mtimeMs > OLD_MILLISECONDS)
      await rm(join(builds, name), { recursive: true, force: true });
  }
}

const target = await graphiqlFolder();
// Several servers may build at the same time. The first one to finish wins.
const folder = `${target}.${randomUUID()}`;
try {
  await bundle(folder);
  for (const name of await readdir(join(folder, 'assets'))) await compress(join(folder, 'assets', name));
  await rename(folder, target);
  await deleteOldBuilds(dirname(target));
} catch (error) {
  if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
} finally {
  await rm(folder, { recursive: true, force: true });
}
