// 200 guarded fields, 100 rows of two, in a process of their own: through Yoga with `useStepUp`, through Yoga with the
// transformer alone, by bare `execute` with the transformer alone, with a check written by hand, and without guards.
// Started by measures/guarded-fields.ts. Reports milliseconds of CPU for one operation, round by round.
import { execute, GraphQLError, type GraphQLSchema, parse } from 'graphql';
import { createSchema, createYoga, type Plugin } from 'graphql-yoga';
import { evidenceOf } from '../src/policy/evidence.ts';
import type { Presented } from '../src/step-up/auth-context.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../src/step-up/sdl.ts';
import { useStepUp } from '../src/step-up/yoga.ts';
import { warmed } from './rounds.ts';

const WARM_UP = 20;
const ROUNDS = 60;
const OPERATIONS = 25;
const QUERY = '{ rows { a b } }';

interface Context {
  readonly presented: Presented;
}
interface Row {
  readonly a: string;
  readonly b: number;
}

const rows: Row[] = Array.from({ length: 100 }, (_, at) => ({ a: `row ${at}`, b: at }));
const now = 1_800_000_000;
const evidence = [evidenceOf('PASSWORD', now - 60), evidenceOf('TOTP', now - 30)];
const authContext = { evidence, enrolled: ['TOTP'] as const, roles: [] };
const contextValue: Context = { presented: { authContext, fault: null, now } };
const find = ({ presented }: Context): Presented => presented;

function schemaWith(
  guard: string,
  checked = <Value>(value: Value, _context: Context): Value => value,
): GraphQLSchema {
  return createSchema<Context>({
    typeDefs: `${stepUpTypeDefs()}\ntype Query { rows: [Row!]! } type Row { a: String ${guard} b: Int ${guard} }`,
    resolvers: {
      Query: { rows: () => rows },
      Row: {
        a: ({ a }: Row, _args: unknown, context: Context) => checked(a, context),
        b: ({ b }: Row, _args: unknown, context: Context) => checked(b, context),
      },
    },
  });
}

/** What somebody would write who needs the check only once. */
function checkedByHand<Value>(value: Value, { presented }: Context): Value {
  const fresh = presented.authContext?.evidence.some(
    ({ factor, completedAt }) => factor === 'TOTP' && presented.now - completedAt <= 600,
  );
  if (fresh !== true) throw new GraphQLError('Prove a second factor first.');
  return value;
}

const plain = schemaWith('');
const byHand = schemaWith('', checkedByHand);
const guarded = stepUpTransformer<Context>({ authContext: find })(schemaWith('@stepUp'));

function throughYoga(schema: GraphQLSchema, plugins: Plugin[] = []): () => Promise<string> {
  const yoga = createYoga<object, Context>({
    schema,
    plugins,
    logging: false,
    context: () => ({ ...contextValue }),
  });
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: QUERY }),
  };
  return async () => (await yoga.fetch('http://localhost/graphql', request)).text();
}

const document = parse(QUERY);
function bare(schema: GraphQLSchema): () => Promise<string> {
  return async () => JSON.stringify(await execute({ schema, document, contextValue: { ...contextValue } }));
}

const ways = {
  yogaPlain: throughYoga(plain),
  yogaByHand: throughYoga(byHand),
  yogaStepUp: throughYoga(guarded, [useStepUp(find) as Plugin]),
  yogaTransformer: throughYoga(guarded),
  barePlain: bare(plain),
  bareByHand: bare(byHand),
  bareTransformer: bare(guarded),
};

/** The CPU of one operation, on all threads. */
async function turn(operate: () => Promise<string>): Promise<number> {
  const before = process.cpuUsage();
  for (let at = 0; at < OPERATIONS; at += 1) await operate();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / OPERATIONS;
}

const answers = new Set(await Promise.all(Object.values(ways).map((operate) => operate())));
if (answers.size !== 1)
  throw new Error(`The ways differ: ${[...answers].map((one) => one.slice(0, 200)).join('\n')}`);
const turns = Object.fromEntries(Object.entries(ways).map(([name, operate]) => [name, () => turn(operate)]));
process.send?.(await warmed(turns, WARM_UP, ROUNDS), () => process.exit());
