// What a measure is, and what it returns.
import type { Lab } from './lab.ts';

export interface Measure {
  readonly name: string;
  /** Only run when it is asked for. */
  readonly isLarge?: boolean;
  run(lab: Lab): Promise<Result>;
}

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: '×' | 'ms' | 's' | 'MB' | '';
  /** Met if the value is no larger. */
  readonly goal?: number;
}

export interface Result {
  readonly figures: readonly Figure[];
  /** Milliseconds of CPU for one operation, by where they go. */
  readonly breakdown?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Facts that explain the figures. */
  readonly notes?: readonly string[];
}
