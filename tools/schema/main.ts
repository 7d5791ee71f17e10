// `npm run schema:compare`: fails when schema.graphql breaks clients of the last release, whose schema is in
// schema.released.graphql, and no changeset says `major`. It needs neither the network nor git.
import { globSync, readFileSync } from 'node:fs';
import { announcesMajor, breakingChanges } from './changes.ts';

const read = (path: string): string => readFileSync(path, 'utf8');

const breaking = await breakingChanges(read('schema.released.graphql'), read('schema.graphql'));
const isAnnounced = globSync('.changeset/*.md').some((path) => announcesMajor(read(path)));
if (breaking.length > 0 && !isAnnounced) {
  const lines = breaking.map(({ path, message }) => `  ${path}: ${message}\n`);
  process.stderr.write(
    `schema.graphql has breaking changes since the last release:\n${lines.join('')}Keep what clients use and deprecate it, or run \`npx changeset\` and choose major.\n`,
  );
  process.exitCode = 1;
}
