// Reads a password from the terminal without echo, or from standard input. Never from the arguments: other users of the
// machine can see those, and the shell keeps them in its history.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandError } from '../run-command.ts';

/** @throws {CommandError} when it is empty. */
export async function readPassword(): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY) stderr.write('Password: ');
  const password = stdin.isTTY ? await hiddenLine() : (await text(stdin)).replace(/\r?\n$/, '');
  if (stdin.isTTY) stderr.write('\n');
  if (password === '') throw new CommandError('No password given.');
  return password;
}

/** Empty when the user cancels. */
async function hiddenLine(): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const brokenOff = new Promise<string>((resolve) => void terminal.once('close', () => resolve('')));
  try {
    return await Promise.race([terminal.question(''), brokenOff]);
  } finally {
    terminal.close();
  }
}
