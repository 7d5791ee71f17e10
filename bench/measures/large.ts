// The same requests at 1,000,000 users and at 1,000, on two servers that take turns. Only run with `--large`: it fills a
// database of about 3 GB.
import { spread } from '../connection.ts';
import { SIGN_INS_AT_ONCE, USERS } from '../contestants/contestant.ts';
import type { Stepgate } from '../contestants/stepgate.ts';
import { besideHash } from '../cpu.ts';
import { fill } from '../fill.ts';
import type { Measure } from '../measure.ts';
import { cpuPer, median, ratio, warmed } from '../rounds.ts';

const LANES = 8;
const READS = 100;
const WARM_UP_TURNS = 5;
const AUDIT = '{ viewer { auditEvents { id type factor occurredAt actor ip userAgent } } }';

export const large: Measure = {
  name: 'large',
  isLarge: true,
  async run(lab) {
    const [few, many] = [
      await lab.freshStepgate(await lab.cluster()),
      await lab.freshStepgate(await lab.cluster()),
    ];
    await fill(few.databaseUrl, 1000);
    await fill(many.databaseUrl, 1_000_000);
    const turns = {
      ...named('few', few),
      ...named('many', many),
    };
    const samples = await warmed<string, number>(turns, WARM_UP_TURNS, lab.rounds);
    const figures = (['session read', 'sign-in', 'audit page'] as const).map((what) => {
      const [atMany, atFew] = [samples[`${what}, many`] ?? [], samples[`${what}, few`] ?? []];
      return {
        what: `${what} at 1,000,000 users over 1,000: CPU`,
        value: ratio(atMany, atFew),
        unit: '×',
        goal: 1.3,
      } as const;
    });
    const notes = Object.entries(samples).map(
      ([name, cpus]) => `${name} users: ${median(cpus).toFixed(2)} ms.`,
    );
    return { figures, notes };
  },
};

function named(size: string, server: Stepgate): Record<string, () => Promise<number>> {
  const { url, watched } = server;
  const per = async (count: number, work: () => Promise<unknown>): Promise<number> =>
    besideHash(await cpuPer(watched, count, work));
  const reading = async (read: (token: string) => Promise<void>): Promise<number> => {
    let token = '';
    await server.nextTimeStep();
    await spread(url, 1, 1, async (connection) => {
      token = await server.signInWithTotp(connection, 0);
    });
    return per(READS, () => read(token));
  };
  return {
    [`session read, ${size}`]: () =>
      reading((token) => spread(url, LANES, READS, (connection) => server.readSession(connection, token))),
    [`sign-in, ${size}`]: () =>
      per(USERS, () =>
        spread(url, SIGN_INS_AT_ONCE, USERS, (connection, at) => server.signIn(connection, at)),
      ),
    [`audit page, ${size}`]: () =>
      reading((token) => spread(url, LANES, READS, (connection) => connection.graphql(AUDIT, {}, token))),
  };
}
