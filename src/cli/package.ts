#!/usr/bin/env node
// The `stepgate` command of the published package: the subcommands that work on your own schema and need no server.
import { runCommand } from './run-command.ts';

await runCommand({ policy: async () => (await import('./policy.ts')).policy });
