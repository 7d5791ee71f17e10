#!/usr/bin/env node
// The `stepgate` command in a checkout of the server: `npx stepgate …`. One entry per command.
import { type Entries, runStepgate } from './run-command.ts';

export const COMMANDS: Entries = {
  serve: {
    summary: 'start the server',
    load: async () => (await import('./serve.ts')).serve,
  },
  doctor: {
    summary: 'check the configuration and what it names, and say how to fix it',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  migrate: {
    summary: 'migrate the database to the current schema',
    load: async () => (await import('./migrate.ts')).migrate,
  },
  admin: {
    summary: 'grant roles, lift lockouts, and change the policy of a tenant',
    load: async () => (await import('./admin.ts')).admin,
  },
  users: {
    summary: 'import, export and delete users',
    load: async () => (await import('./users.ts')).users,
  },
  domains: {
    summary: 'add, check, list and remove domains whose users sign in with an identity provider',
    load: async () => (await import('./domains.ts')).domains,
  },
  outbox: {
    summary: 'list messages that were not delivered, and send them again',
    load: async () => (await import('./outbox.ts')).outbox,
  },
  audit: {
    summary: 'show which key approved which operation',
    load: async () => (await import('./audit.ts')).audit,
  },
  keys: {
    summary: 'show and replace the keys in SECRET_KEYS',
    load: async () => (await import('./keys.ts')).keys,
  },
  'signing-keys': {
    summary: 'list and rotate the keys that sign access tokens',
    load: async () => (await import('./signing-keys.ts')).signingKeys,
  },
  'breached-passwords': {
    summary: 'build and query the offline index of breached passwords',
    load: async () => (await import('./breached-passwords.ts')).breachedPasswords,
  },
  policy: {
    summary: 'list the guards of a schema, and check them against your rules',
    load: async () => (await import('./policy.ts')).policy,
  },
  schema: {
    summary: 'write schema.graphql',
    load: async () => (await import('./schema.ts')).schema,
  },
  charts: {
    summary: 'draw the statecharts of the workflows',
    load: async () => (await import('./charts.ts')).charts,
  },
  'import-users': {
    summary: 'the same as `stepgate users import`',
    isHidden: true,
    load: async () => (await import('./import-users.ts')).importUsers,
  },
  'export-users': {
    summary: 'the same as `stepgate users export`',
    isHidden: true,
    load: async () => (await import('./export-users.ts')).exportUsers,
  },
};

if (import.meta.main) process.exitCode = await runStepgate(COMMANDS, process.argv.slice(2));
