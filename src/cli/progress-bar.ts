// How far a long command has come: a bar at a terminal, and a line now and then where there is none.
import { SingleBar } from 'cli-progress';

/** Parts of the whole. */
const TOTAL = 1000;
const SECONDS_BETWEEN_LINES = 5;

export interface ProgressBar {
  /** @param part from 0 to 1. */
  update(part: number, text: string): void;
  stop(): void;
}

export function progressBar(): ProgressBar {
  const bar = new SingleBar({
    format: `${process.stderr.isTTY ? '{bar} ' : ''}{percentage} %  {text}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: process.stderr,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: SECONDS_BETWEEN_LINES * 1000,
  });
  bar.start(TOTAL, 0, { text: '' });
  return {
    update: (part, text) => bar.update(Math.floor(part * TOTAL), { text }),
    stop: () => bar.stop(),
  };
}
