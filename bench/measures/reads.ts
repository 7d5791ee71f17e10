// The CPU of requests that hash nothing: reading a session, with and without its user's profile, a guarded field, and the
// smallest query.
import { type Connection, spread } from '../connection.ts';
import type { Contestant } from '../contestants/contestant.ts';
import { GUARDED_READ, PROFILE_READ } from '../contestants/stepgate.ts';
import { besideHash, type Cpu, type Watched } from '../cpu.ts';
import type { Figure, Measure } from '../measure.ts';
import { cpuPer, median, medianCpu, ratio, warmed } from '../rounds.ts';

const LANES = 8;
const REQUESTS = 100;
/** So many that V8 has optimized all of it. */
const WARM_UP_TURNS = 20;

/** All of it: nothing is hashed, so the threads that hash do only what else they are for. */
const sum = (cpu: Cpu): number => besideHash(cpu) + cpu.hashing;

export const reads: Measure = {
  name: 'reads',
  async run(lab) {
    const [stepgate, minimal, betterAuth, yoga] = [
      await lab.stepgate(),
      await lab.minimal(),
      await lab.betterAuth(),
      await lab.yoga(),
    ];
    const turnOf = (
      { url, watched }: { readonly url: string; readonly watched: Watched },
      request: (connection: Connection) => Promise<unknown>,
    ) => {
      return () => cpuPer(watched, REQUESTS, () => spread(url, LANES, REQUESTS, request));
    };
    const reading = async (contestant: Contestant) => {
      const credential = await credentialOf(contestant);
      return turnOf(contestant, (connection) => contestant.readSession(connection, credential));
    };
    const token = await credentialOf(stepgate);
    const turns = {
      session: await reading(stepgate),
      minimal: await reading(minimal),
      profile: turnOf(stepgate, (connection) => connection.graphql(PROFILE_READ, {}, token)),
      guarded: turnOf(stepgate, (connection) => connection.graphql(GUARDED_READ, {}, token)),
      unguarded: turnOf(yoga, (connection) => connection.graphql(GUARDED_READ)),
      smallest: turnOf(stepgate, (connection) => connection.graphql('{ __typename }')),
      smallestOfYoga: turnOf(yoga, (connection) => connection.graphql('{ __typename }')),
      ...(betterAuth && { betterAuth: await reading(betterAuth) }),
    };
    const samples = await warmed<string, Cpu>(turns, WARM_UP_TURNS, lab.rounds);
    const of = (name: string): number[] => (samples[name] ?? []).map(sum);
    const figures: Figure[] = [
      { what: 'session read: CPU', value: median(of('session')), unit: 'ms', goal: 1.7 },
      { what: 'session read: of the anchor', value: ratio(of('session'), of('minimal')), unit: '×' },
      { what: 'session and profile read: CPU', value: median(of('profile')), unit: 'ms' },
      { what: 'guarded read: CPU', value: median(of('guarded')), unit: 'ms', goal: 1 },
      {
        what: 'guarded read: of an unguarded one',
        value: ratio(of('guarded'), of('unguarded')),
        unit: '×',
        goal: 1.5,
      },
      {
        what: '{ __typename }: of a default Yoga',
        value: ratio(of('smallest'), of('smallestOfYoga')),
        unit: '×',
        goal: 0.5,
      },
    ];
    if (betterAuth !== null) {
      const value = ratio(of('session'), of('betterAuth'));
      figures.splice(1, 0, {
        what: 'session read: of Better Auth’s getSession',
        value,
        unit: '×',
        goal: 0.35,
      });
    }
    return { figures, breakdown: breakdownOf(samples) };
  },
};

const TITLES: Readonly<Record<string, string>> = {
  session: 'session read, Stepgate',
  profile: 'session and profile read, Stepgate',
  minimal: 'session read, anchor',
  betterAuth: 'session read, Better Auth',
  guarded: 'guarded read, Stepgate',
  unguarded: 'unguarded read, default Yoga',
  smallest: '{ __typename }, Stepgate',
  smallestOfYoga: '{ __typename }, default Yoga',
};

function breakdownOf(samples: Readonly<Record<string, Cpu[]>>): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(samples).map(([name, cpus]) => {
      const { hashing: _, ...cpu } = medianCpu(cpus);
      return [TITLES[name] ?? name, { ...cpu, sum: median(cpus.map(sum)) }];
    }),
  );
}

async function credentialOf(contestant: Contestant): Promise<string> {
  let credential = '';
  await spread(contestant.url, 1, 1, async (connection) => {
    credential = await contestant.signIn(connection, 0);
  });
  return credential;
}
