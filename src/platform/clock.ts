// The only place that reads the time. Everything else is handed a clock, so that a test can let a code
// expire without waiting for it.

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
