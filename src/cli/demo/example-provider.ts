// The example provider for the demo: the one that runs already, or a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { EXAMPLE_PROVIDER_URL } from '../../config/example-provider.ts';
import { ORIGIN } from './play.ts';

const MAIN = fileURLToPath(new URL('../../../examples/provider/main.ts', import.meta.url));

export interface RunningProvider {
  /** Null when somebody else has started it. */
  readonly stop: (() => Promise<void>) | null;
}

/** @returns why it cannot run, if it cannot. */
export async function startExampleProvider(): Promise<RunningProvider | string> {
  const url = process.env['EXAMPLE_PROVIDER'] ?? EXAMPLE_PROVIDER_URL;
  if (await isRunning(url)) return { stop: null };
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, PROVIDER_PORT: new URL(url).port, STEPGATE_URL: ORIGIN },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaint = text(child.stderr);
  const ended = once(child, 'exit');
  const started = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!started) return (await complaint).trim();
  process.once('exit', () => child.kill());
  return {
    async stop() {
      child.kill();
      await ended;
    },
  };
}

function isRunning(url: string): Promise<boolean> {
  return fetch(`${url}/.well-known/openid-configuration`).then(
    ({ ok }) => ok,
    () => false,
  );
}
