// `stepgate schema print`: writes schema.graphql from the code.
import { afterHelp } from './help.ts';
import type { Define } from './run-command.ts';

export const schema: Define = (command, cli) => {
  command
    .addHelpText('after', afterHelp({ examples: ['stepgate schema print'] }))
    .command('print')
    .description('write schema.graphql from the code')
    .addHelpText('after', afterHelp({ examples: ['stepgate schema print'] }))
    .action(
      cli.action(async () => {
        await import('./print-schema.ts');
        return 0;
      }),
    );
};
