// `stepgate charts draw`: draws the statecharts into docs/workflows.md and records their versions.
import { afterHelp } from './help.ts';
import type { Define } from './run-command.ts';

export const charts: Define = (command, cli) => {
  const unmet = 'a chart has changed without a new version';
  command
    .addHelpText('after', afterHelp({ examples: ['stepgate charts draw'], unmet }))
    .command('draw')
    .description('write docs/workflows.md and docs/charts.json')
    .addHelpText('after', afterHelp({ examples: ['stepgate charts draw'], unmet }))
    .action(
      cli.action(async () => {
        const { drawCharts } = await import('./draw-charts.ts');
        await drawCharts();
        return 0;
      }),
    );
};
