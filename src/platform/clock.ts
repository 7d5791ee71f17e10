// The clock for all decisions about time. It is passed in, so that a test can let a code expire without waiting. The
// log has its own timestamps, and the job queue uses PostgreSQL's time.

export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Whole seconds since 1970 (RFC 7519 section 2, NumericDate). */
export function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

export function addSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}

/** Parses a time in ISO 8601 or in PostgreSQL's format. @throws RangeError for anything else, because an invalid deadline
 * would never count as passed. */
export function readTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new RangeError('A stored time is invalid.');
  return time;
}

/** How many seconds a time is ahead of the system clock, for a library that reads it itself. */
export function secondsAhead(now: Date): number {
  return secondsOf(now) - secondsOf(systemClock.now());
}
