// The CPU of a sign-in beside its hash: with a password, and with a password and TOTP. Ours, the anchor and Better Auth
// take turns, each with several sign-ins at a time.
import { spread } from '../connection.ts';
import type { Contestant } from '../contestants/contestant.ts';
import { SIGN_INS_AT_ONCE, USERS } from '../contestants/contestant.ts';
import { besideHash, type Cpu } from '../cpu.ts';
import type { Figure, Measure } from '../measure.ts';
import { cpuPer, median, medianCpu, ratio, warmed } from '../rounds.ts';

const WARM_UP = 200;

type Way = 'signIn' | 'signInWithTotp';

/** Each user once. */
function batch(contestant: Contestant, way: Way): Promise<void> {
  return spread(contestant.url, SIGN_INS_AT_ONCE, USERS, (connection, at) => contestant[way](connection, at));
}

async function turn(contestant: Contestant, way: Way): Promise<Cpu> {
  await contestant.nextTimeStep();
  return cpuPer(contestant.watched, USERS, () => batch(contestant, way));
}

export const signIn: Measure = measureOf('sign-in', 'signIn', 'start + password', [9.5, 2, 0.5]);
export const signInWithTotp: Measure = measureOf(
  'sign-in-totp',
  'signInWithTotp',
  'start + password + TOTP',
  [17, 2, 0.4],
);

type Goals = readonly [ms: number, ofAnchor: number, ofBetterAuth: number];

function measureOf(name: string, way: Way, title: string, goals: Goals): Measure {
  return {
    name,
    async run(lab) {
      const betterAuth = await lab.betterAuth();
      const contestants: Record<string, Contestant> = {
        Stepgate: await lab.stepgate(),
        anchor: await lab.minimal(),
        ...(betterAuth && { 'Better Auth': betterAuth }),
      };
      const entries = Object.entries(contestants);
      const turns = Object.fromEntries(entries.map(([name, one]) => [name, () => turn(one, way)]));
      const samples = await warmed(turns, Math.ceil(WARM_UP / USERS), lab.rounds);
      return { figures: figuresOf(title, samples, goals), breakdown: breakdownOf(title, samples) };
    },
  };
}

type Samples = Readonly<Record<string, Cpu[]>>;

function figuresOf(title: string, samples: Samples, [most, ofAnchor, ofBetterAuth]: Goals): Figure[] {
  const of = (name: string): number[] | undefined => samples[name]?.map(besideHash);
  const [beside, anchor, peer] = [of('Stepgate') ?? [], of('anchor') ?? [], of('Better Auth')];
  const hashing = median(samples['Stepgate']?.map((one) => one.hashing) ?? []);
  const figures: Figure[] = [
    { what: `${title}: CPU beside the hash`, value: median(beside), unit: 'ms', goal: most },
    { what: `${title}: of the anchor`, value: ratio(beside, anchor), unit: '×', goal: ofAnchor },
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
