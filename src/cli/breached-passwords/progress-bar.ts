// How far a long command has come: a bar in a terminal, and otherwise a line now and then.
import { SingleBar } from 'cli-progress';

const LINE_SECONDS = 10;
const MEGABYTE = 1_000_000;

export interface Progress {
  update(bytes: number, ofBytes: number): void;
  stop(): void;
}

export function startProgress(): Progress {
  const bar = new SingleBar({
    format: '{bar} {percentage} % | {value} of {total} MB | {eta_formatted} left',
    noTTYOutput: true,
    notTTYSchedule: LINE_SECONDS * 1000,
    linewrap: true, // else a terminal would stay without it when the command is broken off
  });
  const megabytes = (bytes: number): number => Math.ceil(bytes / MEGABYTE);
  let isStarted = false;
  return {
    update(bytes, ofBytes) {
      if (!isStarted) bar.start(megabytes(ofBytes), megabytes(bytes));
      isStarted = true;
      bar.update(megabytes(bytes));
    },
    stop: () => bar.stop(),
  };
}
