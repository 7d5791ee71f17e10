// The recorded versions of the charts: a digest of each version's source, so that a chart cannot change its meaning
// under a version that stored workflows carry.
import { readFile } from 'node:fs/promises';
import { digest } from '../platform/digest.ts';
import type { ChartName } from './charts.ts';

/** Chart, version, digest. */
export type RecordedCharts = Record<string, Record<string, string>>;

/** Comments and layout do not count. */
export async function chartDigest(name: ChartName): Promise<string> {
  const source = await readFile(new URL(`./${name}/chart.ts`, import.meta.url), 'utf8');
  const meaning = source
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\/\*\*.*?\*\//gs, '')
    .replaceAll(/\s+/g, '')
    .replaceAll(/,(?=[)\]}])/g, '');
  return digest(meaning);
}
