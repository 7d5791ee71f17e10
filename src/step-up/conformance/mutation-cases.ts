// A mutation is refused as a whole, before any of its fields has run, and says so.
import type { CallerName } from './callers.ts';

export interface MutationCase {
  readonly name: string;
  readonly caller: CallerName;
  readonly query: string;
  /** The fields that run, in order. Empty if the mutation is refused. */
  readonly ran: readonly string[];
  /** The code of each refusal, by path. */
  readonly refused?: Readonly<Record<string, string>>;
  /** The root fields that the refusals name as not run. */
  readonly notRun?: readonly string[];
}

const NOTE_AND_CLOSE = 'mutation { note close(term: "x") }';
const STEP_UP = 'STEP_UP_REQUIRED';
const NOBODY = 'UNAUTHENTICATED';

export const MUTATION_CASES: readonly MutationCase[] = [
  { name: 'a mutation without a guard runs', caller: 'nobody', query: 'mutation { note }', ran: ['note'] },
  {
    name: 'a mutation whose guards are met runs in order',
    caller: 'fresh',
    query: NOTE_AND_CLOSE,
    ran: ['note', 'close'],
  },
  {
    name: 'a field before the refused one does not run',
    caller: 'weak',
    query: NOTE_AND_CLOSE,
    ran: [],
    refused: { close: STEP_UP },
    notRun: ['note', 'close'],
  },
  {
    name: 'a field after the refused one does not run',
    caller: 'nobody',
    query: 'mutation { close(term: "x") note }',
    ran: [],
    refused: { close: NOBODY },
    notRun: ['close', 'note'],
  },
  {
    name: 'a mutation whose result has a guarded field does not run',
    caller: 'weak',
    query: 'mutation { rename(name: "Grace") { name pin } }',
    ran: [],
    refused: { 'rename.pin': STEP_UP },
    notRun: ['rename'],
  },
  {
    name: 'a mutation is refused through fragments and aliases',
    caller: 'weak',
    query: 'mutation { first: note ...Last } fragment Last on Mutation { last: close(term: "x") }',
    ran: [],
    refused: { last: STEP_UP },
    notRun: ['first', 'last'],
  },
  {
    name: 'every guard that is not met is named',
    caller: 'weak',
    query: 'mutation { audit close(term: "x") }',
    ran: [],
    refused: { audit: 'FORBIDDEN', close: STEP_UP },
    notRun: ['audit', 'close'],
  },
  {
    name: 'a missing role refuses the whole mutation',
    caller: 'fresh',
    query: 'mutation { note audit }',
    ran: [],
    refused: { audit: 'FORBIDDEN' },
    notRun: ['note', 'audit'],
  },
  {
    name: 'a proof for one operation is not met by a session',
    caller: 'admin',
    query: 'mutation { note pay(amount: 5) }',
    ran: [],
    refused: { pay: STEP_UP },
    notRun: ['note', 'pay'],
  },
];
