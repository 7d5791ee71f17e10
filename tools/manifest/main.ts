// The published package is the library, plus the subcommands of `stepgate` that need no server. Its manifest lists only
// their dependencies. `npm pack` and `npm publish` swap it in for package.json and then restore package.json. If one is
// interrupted, restore package.json with git.
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';

const MANIFEST = 'package.json';
const KEPT = 'dist/package.server.json';

/** Fields copied from package.json. The library's dependencies are listed there under `library`. */
const SHARED = [
  'name',
  'version',
  'description',
  'license',
  'type',
  'sideEffects',
  'files',
  'exports',
  'engines',
] as const;

interface Manifest {
  readonly [field: string]: unknown;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly library: {
    readonly dependencies: readonly string[];
    readonly peerDependencies: Readonly<Record<string, string>>;
    /** Each is needed by a single entry point. */
    readonly optionalPeers: readonly string[];
  };
}

function published(server: Manifest): object {
  const { dependencies, peerDependencies, optionalPeers } = server.library;
  return {
    ...Object.fromEntries(SHARED.map((field) => [field, server[field]])),
    bin: { stepgate: './dist/cli/package.js' },
    dependencies: Object.fromEntries(dependencies.map((name) => [name, `^${server.dependencies[name]}`])),
    peerDependencies,
    peerDependenciesMeta: Object.fromEntries(optionalPeers.map((name) => [name, { optional: true }])),
  };
}

const [what] = process.argv.slice(2);
if (what === 'publish') {
  const server = JSON.parse(await readFile(MANIFEST, 'utf8')) as Manifest;
  await copyFile(MANIFEST, KEPT);
  await writeFile(MANIFEST, `${JSON.stringify(published(server), null, 2)}\n`);
} else if (what === 'restore') {
  await rename(KEPT, MANIFEST);
} else {
  throw new Error('Usage: node tools/manifest/main.ts publish | restore');
}
