// `npm run bench:page`: writes the results of the last runs into docs/performance.md, between its markers.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Results, readResults } from './results.ts';
import { breakdownTable, figuresTable, notesList } from './table.ts';

const PAGE = join(import.meta.dirname, '../docs/performance.md');

const results = readResults();
const parts: Readonly<Record<string, string>> = {
  figures: figuresTable(results),
  breakdown: breakdownTable(results),
  notes: notesList(results),
  circumstances: circumstances(results),
};
let page = readFileSync(PAGE, 'utf8');
for (const [name, text] of Object.entries(parts)) {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(page)) throw new Error(`docs/performance.md has no place for ${name}.`);
  page = page.replace(place, (_, start: string, end: string) => `${start}\n${text}\n\n${end}`);
}
writeFileSync(PAGE, page);

function circumstances(results: Results): string {
  const all = Object.values(results).toSorted((one, other) => one.takenAt.localeCompare(other.takenAt));
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) throw new Error('Run `npm run bench` first.');
  const { cores, processor, memoryGb, kernel } = last.machine;
  const versions = Object.entries(last.versions).map(([name, version]) => `${name} ${version}`);
  const loads = all.map(({ load }) => load);
  const rounds = Math.min(...all.map((one) => one.rounds));
  return [
    `Measured from ${minute(first.takenAt)} to ${minute(last.takenAt)} UTC`,
    `on ${cores} cores (${processor}), ${memoryGb} GB, Linux ${kernel},`,
    `over ${rounds} rounds or more,`,
    `at a load of ${Math.min(...loads)} to ${Math.max(...loads)},`,
    `with ${versions.join(', ')}.`,
  ].join('\n');
}

function minute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
