// How far a long command has come: a bar at a terminal, and a line now and then where there is none.
import { SingleBar } from 'cli-progress';
import { systemClock } from '../platform/clock.ts';

/** Parts of the whole. */
const TOTAL = 1000;
const SECONDS_BETWEEN_LINES = 5;

export interface ProgressBar {
  /** @param part of the whole that is done, from 0 to 1. @param text what that is. */
  update(part: number, text: string): void;
  stop(): void;
}

export function progressBar(stderr: { write(text: string): unknown }): ProgressBar {
  return stderr === process.stderr && process.stderr.isTTY ? bar() : lines(stderr);
}

function bar(): ProgressBar {
  const single = new SingleBar({
    format: '{bar} {percentage} % | {text} | {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: process.stderr,
    linewrap: true, // else a terminal would stay without it when the command is broken off
  });
  single.start(TOTAL, 0, { text: '' });
  return {
    update: (part, text) => single.update(Math.floor(part * TOTAL), { text }),
    stop: () => single.stop(),
  };
}

function lines(stderr: { write(text: string): unknown }): ProgressBar {
  let written = systemClock.now();
  let newest: string | null = null;
  const write = (): void => {
    if (newest !== null) stderr.write(newest);
    newest = null;
  };
  return {
    update(part, text) {
      newest = `${Math.floor(part * 100)} % | ${text}\n`;
      const now = systemClock.now();
      if (now.getTime() - written.getTime() < SECONDS_BETWEEN_LINES * 1000) return;
      written = now;
      write();
    },
    stop: write,
  };
}
