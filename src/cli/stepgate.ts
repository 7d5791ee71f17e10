#!/usr/bin/env node
// The command `stepgate` of the server, where it is checked out: `npx stepgate …`. Each subcommand is a line here.
import { runCommand } from './run-command.ts';

await runCommand({
  'breached-passwords': async () => (await import('./breached-passwords.ts')).breachedPasswords,
  policy: async () => (await import('./policy.ts')).policy,
});
