// The built GraphiQL page: found in a folder beside the libraries, or built there by a program of its own, because a
// bundler does not belong into a server. A build is named after the digest of what it is made from. `npm ci` deletes it
// together with the libraries that it contains.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILDS = join(ROOT, 'node_modules/.cache/stepgate-graphiql');
const BUILDER = join(ROOT, 'tools/graphiql/main.ts');

/** What the page is made from, besides libraries. */
const SOURCES = ['tools/graphiql', 'src/graphiql', 'src/client', 'src/step-up', 'src/policy'];

/** A file of the page, as it is and compressed. */
export interface BuiltFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

export interface GraphiQLBuild {
  /** The page, without its settings. */
  readonly html: string;
  /** By name. A name contains the digest of the content. */
  readonly files: ReadonlyMap<string, BuiltFile>;
}

let made: Promise<GraphiQLBuild> | undefined;

/** Builds the page if needed, which takes a few seconds. @throws when it cannot be built, with what to do. */
export function graphiqlBuild(): Promise<GraphiQLBuild> {
  made ??= findOrBuild().catch((error: unknown) => {
    made = undefined;
    throw error;
  });
  return made;
}

async function findOrBuild(): Promise<GraphiQLBuild> {
  const folder = await graphiqlFolder();
  const found = await read(folder);
  if (found !== null) return found;
  await promisify(execFile)(process.execPath, [BUILDER], { cwd: ROOT }).catch((error: unknown) => {
    throw new Error(
      'GraphiQL could not be built. Install the development dependencies with `npm ci`, or set GRAPHIQL=off.',
      { cause: error },
    );
  });
  const built = await read(folder);
  if (built === null) throw new Error(`GraphiQL was built, but is not in ${folder}.`);
  return built;
}

/** Where the build belongs that is made from the current sources. */
export async function graphiqlFolder(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(ROOT, 'package.json')));
  for (const folder of SOURCES) {
    const paths = await readdir(join(ROOT, folder), { recursive: true });
    for (const path of paths.filter((one) => extname(one) !== '').toSorted()) {
      hash.update(`${folder}/${path}\n`).update(await readFile(join(ROOT, folder, path)));
    }
  }
  return join(BUILDS, hash.digest('hex').slice(0, 32));
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ttf': 'font/ttf',
  '.svg': 'image/svg+xml',
};

/** @returns null if there is no such build. */
async function read(folder: string): Promise<GraphiQLBuild | null> {
  const html = await readFile(join(folder, 'index.html'), 'utf8').catch(() => null);
  if (html === null) return null;
  const assets = join(folder, 'assets');
  const names = (await readdir(assets)).filter((name) => TYPES[extname(name)] !== undefined);
  const files = await Promise.all(
    names.map(async (name): Promise<[string, BuiltFile]> => {
      const contentOf = (ending: string): Promise<Buffer> => readFile(join(assets, name + ending));
      const [plain, gzip, brotli] = await Promise.all([contentOf(''), contentOf('.gz'), contentOf('.br')]);
      return [name, { type: TYPES[extname(name)] ?? '', plain, gzip, brotli }];
    }),
  );
  return { html, files: new Map(files) };
}
