#!/usr/bin/env node
// The command `stepgate` of the package: what a team runs on its own schema, without a server.
import { runCommand } from './run-command.ts';

await runCommand({ policy: async () => (await import('./policy.ts')).policy });
