#!/usr/bin/env node
// The command `stepgate` of the package: what a team runs on its own schema, without a server. The name of a
// subcommand comes first; each is one line below.
import { policy } from './policy.ts';

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = { policy };

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (command === undefined) {
  process.stderr.write(`Usage: stepgate ${Object.keys(COMMANDS).join('|')} …\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await command(args);
}
