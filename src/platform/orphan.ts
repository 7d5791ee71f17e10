// Detects that the parent process has exited. npm passes SIGTERM to the shell that runs a script, and the shell exits
// without passing it on. The server would otherwise run forever.

const LOOK_EVERY_MS = 1000;

/** Does not keep the process alive. Has no effect on Windows, where a process keeps its parent's id. */
export function whenOrphaned(act: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, LOOK_EVERY_MS);
  timer.unref();
}
