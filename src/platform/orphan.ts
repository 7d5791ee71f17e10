// Notices that the process which started this one is gone. npm passes SIGTERM on to the shell that runs a script, and the shell
// dies without passing it on to the program, which would go on for ever.

const LOOK_EVERY_MS = 1000;

/** Keeps no process alive. On Windows a process keeps its parent's id, and nothing is noticed. */
export function whenOrphaned(act: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, LOOK_EVERY_MS);
  timer.unref();
}
