// Draws every chart into docs/workflows.md and records its version: `npm run charts:draw`. Refuses a chart that changed
// without a new version, because workflows already running on the old chart would be read as the new one.
import { readFile, writeFile } from 'node:fs/promises';
import { OperatorError } from '../platform/operator-error.ts';
import type { ChartName } from '../workflows/chart-name.ts';
import { CHARTS, chartOf } from '../workflows/charts.ts';
import { mermaid } from './charts/mermaid.ts';
import { chartDigest, type RecordedCharts } from './charts/recorded.ts';

const PAGE = new URL('../../docs/workflows.md', import.meta.url);
const RECORD = new URL('../../docs/charts.json', import.meta.url);

/** A chart has changed without a new version. */
export class ChangedChartError extends OperatorError {
  readonly code = 'CHART_CHANGED';
  override readonly exitCode = 1;
}

export function workflowsPage(): string {
  const sections = (Object.keys(CHARTS) as ChartName[]).map(
    (name) =>
      `## ${name}\n\nVersion ${chartOf(name).version}.\n\n\`\`\`mermaid\n${mermaid(chartOf(name))}\`\`\`\n`,
  );
  return `# The workflows

Drawn from the charts under \`src/workflows/\` by \`npm run charts:draw\`; a test fails when this page is stale.

Events come from the server's code, one for each thing that can happen: \`PREPARE\` when a client asks for a
challenge, \`PROVE\` when a proof was accepted, \`CHOOSE_PASSWORD\` when a new password was chosen, \`EXHAUST\` when the
last attempt was wrong, \`EXPIRE\` when the deadline has passed. The text after a slash is an effect, which the runner performs when the step commits.

${sections.join('\n')}`;
}

export async function updatedRecord(): Promise<RecordedCharts> {
  const recorded = JSON.parse(await readFile(RECORD, 'utf8').catch(() => '{}')) as RecordedCharts;
  for (const name of Object.keys(CHARTS) as ChartName[]) {
    const version = chartOf(name).version ?? '';
    const digest = await chartDigest(name);
    const before = recorded[name]?.[version];
    if (before !== undefined && before !== digest) {
      throw new ChangedChartError(
        `The chart ${name} has changed. Increase its version (now ${version}) in chart.ts.`,
      );
    }
    recorded[name] = { ...recorded[name], [version]: digest };
  }
  return recorded;
}

/** @throws {ChangedChartError} */
export async function drawCharts(): Promise<void> {
  await writeFile(RECORD, `${JSON.stringify(await updatedRecord(), null, 2)}\n`);
  await writeFile(PAGE, workflowsPage());
}
