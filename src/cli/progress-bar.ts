// Shows the progress of a long command: a bar on a terminal, a line every few seconds otherwise.
import { SingleBar } from 'cli-progress';
import { systemClock } from '../platform/clock.ts';

/** Steps of the bar. */
const TOTAL = 1000;
const SECONDS_BETWEEN_LINES = 5;

export interface ProgressBar {
  /** @param part the fraction that is done, from 0 to 1. @param text what is done so far. */
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
    linewrap: true, // otherwise an interrupted command leaves the terminal without line wrapping
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
