// `stepgate schema print`: writes schema.graphql from the code. A test fails when the file is out of date.
import { writeFile } from 'node:fs/promises';
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
        const { printedSchema } = await import('../graphql/schema.ts');
        await writeFile(new URL('../../schema.graphql', import.meta.url), printedSchema());
        return 0;
      }),
    );
};
