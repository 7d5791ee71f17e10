#!/usr/bin/env node
// The `stepgate` command of the published package: the commands that work on your own schema and need no server.
import { runStepgate } from './run-command.ts';

process.exitCode = await runStepgate(
  {
    policy: {
      summary: 'list the guards of a schema, and check them against your rules',
      load: async () => (await import('./policy.ts')).policy,
    },
  },
  process.argv.slice(2),
);
