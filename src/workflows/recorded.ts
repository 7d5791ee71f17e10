// The recorded versions of the charts: a digest of each version's source, so that a chart cannot change its meaning
// under a version that stored workflows carry.
import { readFile } from 'node:fs/promises';
import { digest } from '../platform/digest.ts';
import type { ChartName } from './charts.ts';

/** Chart, version, digest. */
export type RecordedCharts = Record<string, Record<string, string>>;

/** The chart's source, with the part that it shares with others. Comments and layout do not count. */
export async function chartDigest(name: ChartName): Promise<string> {
  const chart = await source(`./${name}/chart.ts`);
  const shared = chart.includes("'../first-authenticator.ts'")
    ? await source('./first-authenticator.ts')
    : '';
  const meaning = `${chart}${shared}`
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\/\*\*.*?\*\//gs, '')
    .replaceAll(/\s+/g, '')
    .replaceAll(/,(?=[)\]}])/g, '');
  return digest(meaning);
}

function source(path: string): Promise<string> {
  return readFile(new URL(path, import.meta.url), 'utf8');
}
