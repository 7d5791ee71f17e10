// Rounds: everything that is compared takes its turn in each round, so that a slow minute of the machine slows all of
// it. Ratios are made within a round, and the median of the rounds counts.
import { setTimeout as pause } from 'node:timers/promises';
import { type Cpu, cpuOf, PARTS, type Watched } from './cpu.ts';

export const ROUNDS = 20;

/** How long work may go on after the last reply, such as the delivery of a message. It belongs to the same round. */
const SETTLE_MS = 100;

/** A machine with much other work makes a round fail now and then. */
const MOST_FAILED_ROUNDS = 5;

/** @returns what each of them measured, round by round. The order changes from round to round. */
export async function inTurn<Name extends string, Sample>(
  turns: Readonly<Record<Name, () => Promise<Sample>>>,
  rounds: number,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(turns) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  for (let round = 0, failed = 0; round < rounds; ) {
    const first = round % names.length;
    const order = [...names.slice(first), ...names.slice(0, first)];
    try {
      const taken: [Name, Sample][] = [];
      for (const name of order) taken.push([name, await turns[name]()]);
      for (const [name, sample] of taken) samples[name].push(sample);
    } catch (error) {
      failed += 1;
      if (failed > MOST_FAILED_ROUNDS) throw error;
      process.stderr.write(` (a round failed and is repeated: ${String(error).slice(0, 200)})`);
      continue;
    }
    round += 1;
  }
  return samples;
}

/** The same, after rounds that do not count. */
export async function warmed<Name extends string, Sample>(
  turns: Readonly<Record<Name, () => Promise<Sample>>>,
  warmUp: number,
  rounds: number,
): Promise<Record<Name, Sample[]>> {
  await inTurn(turns, warmUp);
  return inTurn(turns, rounds);
}

/** The CPU of a process while it does `count` operations, for each of them. */
export async function cpuPer(watched: Watched, count: number, work: () => Promise<unknown>): Promise<Cpu> {
  const before = cpuOf(watched);
  await work();
  await pause(SETTLE_MS);
  const after = cpuOf(watched);
  const parts = PARTS.map((part) => [part, (after[part] - before[part]) / count] as const);
  return Object.fromEntries(parts) as unknown as Cpu;
}

export async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The median of the ratios of two lists, round by round. */
export function ratio(over: readonly number[], under: readonly number[]): number {
  return median(over.map((value, round) => value / (under[round] ?? Number.NaN)));
}

export function medianCpu(samples: readonly Cpu[]): Cpu {
  return Object.fromEntries(
    PARTS.map((part) => [part, median(samples.map((one) => one[part]))]),
  ) as unknown as Cpu;
}
