// Records a digest of the source of each chart version, so that a chart cannot change without a new version. Stored
// workflows refer to that version.
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { digest } from '../../platform/digest.ts';
import type { ChartName } from '../../workflows/chart-name.ts';

const WORKFLOWS = new URL('../../workflows/', import.meta.url);

/** Digests by chart and version. */
export type RecordedCharts = Record<string, Record<string, string>>;

/** Files that charts share. */
const SHARED_PARTS = ['first-authenticator.ts', 'keep-evidence.ts', 'two-steps.ts'];

/** A digest of the chart's source and the shared files it uses. Types, imports, comments and layout are ignored. */
export async function chartDigest(name: ChartName): Promise<string> {
  const chart = await source(`./${name}/chart.ts`);
  const parts = SHARED_PARTS.filter((part) => chart.includes(`'../${part}'`));
  const shared = await Promise.all(parts.map((part) => source(`./${part}`)));
  const meaning = [chart, ...shared]
    .map((part) => stripTypeScriptTypes(part))
    .join('')
    .replaceAll(/^import .*?;$/gms, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\/\*\*.*?\*\//gs, '')
    .replaceAll(/\s+/g, '')
    .replaceAll(/,(?=[)\]}])/g, '');
  return digest(meaning);
}

function source(path: string): Promise<string> {
  return readFile(new URL(path, WORKFLOWS), 'utf8');
}
