// `stepgate serve`: does what `node src/main.ts` does.
import { afterHelp } from './help.ts';
import type { Define } from './run-command.ts';

export const serve: Define = (command, cli) => {
  command
    .addHelpText(
      'after',
      afterHelp({
        examples: [
          'stepgate serve',
          'NODE_ENV=production node_modules/.bin/node src/main.ts   # under a supervisor',
        ],
        unmet: 'the embedded PostgreSQL stopped, or the server could not shut down cleanly',
      }),
    )
    .action(
      cli.action(async () => {
        const { start } = await import('../main.ts');
        await start(cli.env);
        return 0;
      }),
    );
};
