#!/usr/bin/env node
// The command `stepgate` of the server, where it is checked out: `npx stepgate …`. Each subcommand is a line here.
import { runCommand } from './run-command.ts';

await runCommand({
  'import-users': async () => (await import('./import-users.ts')).importUsers,
  'export-users': async () => (await import('./export-users.ts')).exportUsers,
  'breached-passwords': async () => (await import('./breached-passwords.ts')).breachedPasswords,
  keys: async () => (await import('./keys.ts')).keys,
  'signing-keys': async () => (await import('./signing-keys.ts')).signingKeys,
  policy: async () => (await import('./policy.ts')).policy,
});
