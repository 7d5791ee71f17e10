// How long one user waits for a whole sign-in, over what it cannot do without: the hash, its commits and its requests.
// Each is measured alone, in the same round. And its round trips to the database, counted on the wire.
import bcrypt from 'bcrypt';
import pg from 'pg';
import { StatementCounter } from '../../test/harness/statement-counter.ts';
import { Connection, spread } from '../connection.ts';
import { BCRYPT_COST, PASSWORD, USERS } from '../contestants/contestant.ts';
import type { Measure } from '../measure.ts';
import { median, msOf, ratio, warmed } from '../rounds.ts';

const REQUESTS = 3;
const REPEATED = 5;

export const wholeSignIn: Measure = {
  name: 'whole-sign-in',
  async run(lab) {
    const { statements, commits } = await onTheWire(lab);
    const [stepgate, yoga] = [await lab.stepgate(), await lab.yoga()];
    const pool = new pg.Pool({ connectionString: stepgate.databaseUrl, max: 1 });
    await pool.query('create table if not exists bench_commit (id bigserial primary key, note text)');
    const commit = { name: 'commit', text: "insert into bench_commit (note) values ('a commit')" };
    const hash = await bcrypt.hash(PASSWORD, BCRYPT_COST);
    let user = 0;
    const turns = {
      signIn: async () => {
        await stepgate.nextTimeStep();
        return onOneConnection(stepgate.url, (to) => msOf(() => stepgate.signInWithTotp(to, user++)));
      },
      hash: () => msOf(() => bcrypt.compare(PASSWORD, hash)),
      commit: async () => (await msOf(() => repeated(() => pool.query(commit)))) / REPEATED,
      request: () =>
        onOneConnection(yoga.url, async (to) => {
          await to.graphql('{ __typename }');
          return (await msOf(() => repeated(() => to.graphql('{ __typename }')))) / REPEATED;
        }),
    };
    await spread(yoga.url, 8, 500, (connection) => connection.graphql('{ __typename }'));
    const samples = await warmed(turns, USERS, 2 * lab.rounds);
    await pool.query('drop table bench_commit');
    await pool.end();
    const alone = samples.hash.map(
      (ms, round) => ms + commits * (samples.commit[round] ?? 0) + REQUESTS * (samples.request[round] ?? 0),
    );
    const ms = (values: readonly number[]): string => `${median(values).toFixed(1)} ms`;
    return {
      figures: [
        {
          what: 'whole sign-in over its parts, wall',
          value: ratio(samples.signIn, alone),
          unit: '×',
          goal: 1.15,
        },
        { what: 'whole sign-in: statements', value: statements, unit: '', goal: 6 },
      ],
      notes: [
        `A whole sign-in took ${ms(samples.signIn)}; alone, the hash took ${ms(samples.hash)}, each of ${commits} commits ${ms(samples.commit)} and each of ${REQUESTS} requests ${ms(samples.request)}.`,
      ],
    };
  },
};

async function repeated(work: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < REPEATED; time += 1) await work();
}

async function onOneConnection<T>(url: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.open(url);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** Counts a sign-in of a second server, behind a proxy. */
async function onTheWire(
  lab: Parameters<Measure['run']>[0],
): Promise<{ statements: number; commits: number }> {
  const counter = await StatementCounter.before(await lab.cluster());
  lab.defer(() => counter[Symbol.asyncDispose]());
  const counted = await lab.freshStepgate(counter.url, 1);
  return onOneConnection(counted.url, async (connection) => {
    await counted.nextTimeStep();
    await counted.signInWithTotp(connection, 0);
    await counted.nextTimeStep();
    counter.take();
    await counted.signInWithTotp(connection, 0);
    const taken = counter.take();
    return { statements: taken.length, commits: taken.filter((one) => one.commits).length };
  });
}
