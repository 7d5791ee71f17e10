// The recorded versions of the charts: a digest of each version's source, so that a chart cannot change its meaning
// under a version that stored workflows carry.
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { digest } from '../../platform/digest.ts';
import type { ChartName } from '../../workflows/chart-name.ts';

const WORKFLOWS = new URL('../../workflows/', import.meta.url);

/** Chart, version, digest. */
export type RecordedCharts = Record<string, Record<string, string>>;

/** What charts share with each other. */
const SHARED_PARTS = ['first-authenticator.ts', 'keep-evidence.ts', 'two-steps.ts'];

/** The chart's source, with the parts that it shares with others. Types, imports, comments and layout do not count. */
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
