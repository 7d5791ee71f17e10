// The time by which the product decides. Whatever expires is compared with a clock that was handed over, so that a test
// can let a code expire without waiting for it. The log stamps its own lines, and the job queue goes by PostgreSQL's time.

export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Whole seconds since 1970, as every standard here writes a time (RFC 7519 section 2, NumericDate). */
export function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

export function addSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}

/** A time in ISO 8601, or as PostgreSQL writes it. @throws RangeError for anything else: a deadline that cannot be read
 * would compare as not passed, and never pass. */
export function readTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new RangeError('A stored time cannot be read.');
  return time;
}
