// The CPU of a sign-in beside its hash: with a password, and with a password and TOTP. Ours, the anchor and Better Auth
// take turns, each with several sign-ins at a time.
import { availableParallelism } from 'node:os';
import { spread } from '../connection.ts';
import type { Contestant } from '../contestants/contestant.ts';
import { USERS } from '../contestants/contestant.ts';
import { besideHash, type Cpu } from '../cpu.ts';
import type { Lab } from '../lab.ts';
import type { Figure, Measure } from '../measure.ts';
import { cpuPer, median, medianCpu, ratio, warmed } from '../rounds.ts';

/** As many as the hashing queue always takes, however slow the machine is. */
const LANES = availableParallelism() + 4;
const WARM_UP = 300;
/** The second comparison finds everything but the code's step warm. */
const WARM_UP_TOTP = 100;

type Way = 'signIn' | 'signInWithTotp';

/** Each user once. */
function batch(contestant: Contestant, way: Way): Promise<void> {
  return spread(contestant.url, LANES, USERS, (connection, at) => contestant[way](connection, at));
}

async function turn(contestant: Contestant, way: Way): Promise<Cpu> {
  await contestant.nextTimeStep();
  return cpuPer(contestant.watched, USERS, () => batch(contestant, way));
}

export const signIn: Measure = {
  name: 'sign-in',
  async run(lab) {
    const betterAuth = await lab.betterAuth();
    const contestants: Record<string, Contestant> = {
      Stepgate: await lab.stepgate(),
      anchor: await lab.minimal(),
      ...(betterAuth && { 'Better Auth': betterAuth }),
    };
    const password = await compare(lab, contestants, 'signIn', WARM_UP);
    const totp = await compare(lab, contestants, 'signInWithTotp', WARM_UP_TOTP);
    return {
      figures: [
        ...figuresOf('start + password', password, [9.5, 2, 0.5]),
        ...figuresOf('start + password + TOTP', totp, [17, 2, 0.4]),
      ],
      breakdown: {
        ...breakdownOf('start + password', password),
        ...breakdownOf('start + password + TOTP', totp),
      },
    };
  },
};

type Samples = Readonly<Record<string, Cpu[]>>;

function compare(
  { rounds }: Lab,
  contestants: Readonly<Record<string, Contestant>>,
  way: Way,
  warmUp: number,
): Promise<Samples> {
  const entries = Object.entries(contestants);
  const turns = Object.fromEntries(entries.map(([name, one]) => [name, () => turn(one, way)]));
  return warmed(turns, Math.ceil(warmUp / USERS), rounds);
}

function figuresOf(
  title: string,
  samples: Samples,
  [most, ofMinimal, ofBetterAuth]: readonly [number, number, number],
): Figure[] {
  const of = (name: string): number[] | undefined => samples[name]?.map(besideHash);
  const [beside, anchor, peer] = [of('Stepgate') ?? [], of('anchor') ?? [], of('Better Auth')];
  const hashing = median(samples['Stepgate']?.map((one) => one.hashing) ?? []);
  const figures: Figure[] = [
    { what: `${title}: CPU beside the hash`, value: median(beside), unit: 'ms', goal: most },
    { what: `${title}: of the anchor`, value: ratio(beside, anchor), unit: '×', goal: ofMinimal },
  ];
  if (peer !== undefined)
    figures.push({
      what: `${title}: of Better Auth`,
      value: ratio(beside, peer),
      unit: '×',
      goal: ofBetterAuth,
    });
  const share = hashing / (hashing + median(beside));
  figures.push({ what: `${title}: share of the CPU that hashes`, value: share, unit: '' });
  return figures;
}

function breakdownOf(title: string, samples: Samples): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(samples).map(([name, cpus]) => [
      `${title}, ${name}`,
      { ...medianCpu(cpus), 'beside the hash': median(cpus.map(besideHash)) },
    ]),
  );
}
