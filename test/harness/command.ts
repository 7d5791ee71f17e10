// Runs a command, either in its own process, like an operator, or in this process, which saves the startup time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Output } from '../../src/cli/run-command.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCommand(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const command = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    once(command, 'exit') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}

/** Runs the command's function in this process. Each command also has a test that starts a process. */
export async function runHere(
  command: (args: string[], output: Output) => Promise<number>,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const into = (stream: keyof typeof written) => ({
    write(said: string): void {
      written[stream] += said;
    },
  });
  const before = process.env;
  process.env = { ...before, ...environment };
  let running: Promise<number>;
  try {
    running = command([...args], { stdout: into('stdout'), stderr: into('stderr') });
  } finally {
    process.env = before; // commands read it synchronously, so several can run at once
  }
  return { code: await running, ...written };
}
