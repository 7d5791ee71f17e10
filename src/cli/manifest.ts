// What is published is the library, which other servers and clients import, and what of the command `stepgate` needs no
// server: its manifest names what these need and nothing else. `npm pack` and `npm publish` put it in the place of
// package.json and then put package.json back; after one that was interrupted, git does.
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';

const MANIFEST = 'package.json';
const KEPT = 'dist/package.server.json';

/** Fields that both have. The library's dependencies are listed under `library`. */
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
    /** Each is needed by one entry only. */
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
  throw new Error('Usage: manifest.ts publish | restore');
}
