#!/usr/bin/env node
// The `stepgate` command in a checkout of the server: `npx stepgate …`. One line per subcommand.
import { runCommand } from './run-command.ts';

await runCommand({
  'import-users': async () => (await import('./import-users.ts')).importUsers,
  'export-users': async () => (await import('./export-users.ts')).exportUsers,
  'breached-passwords': async () => (await import('./breached-passwords.ts')).breachedPasswords,
  keys: async () => (await import('./keys.ts')).keys,
  'signing-keys': async () => (await import('./signing-keys.ts')).signingKeys,
  policy: async () => (await import('./policy.ts')).policy,
});
