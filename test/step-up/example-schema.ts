// A small bank, written with Pothos and the plugin: its own context, its own types, and a guard of every kind in every
// place.
import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLSchema } from 'graphql';
import { evidenceOf } from '../../src/policy/evidence.ts';
import { FACTOR_KINDS, type FactorKind } from '../../src/policy/factor-kind.ts';
import { StepUpBind, StepUpRequire } from '../../src/policy/requirement.ts';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { stepUpPlugin } from '../../src/step-up/pothos/index.ts';
import type { TokenFault } from '../../src/step-up/refusal-error.ts';

export interface BankContext {
  readonly caller: () => Presented;
  /** The resolvers that have run, in order. */
  readonly ran: string[];
}

export const authContextOf = ({ caller }: BankContext): Presented => caller();

export const NOW = 1_800_000_000;

/** A user who signed in with a password an hour ago. @param factors the age of each further proof, in seconds. */
export function caller(
  factors: Partial<Record<FactorKind, number>> = {},
  { enrolled = ['TOTP'], roles = [] }: { enrolled?: readonly FactorKind[]; roles?: readonly string[] } = {},
): Presented {
  const proved = Object.entries({ PASSWORD: 3600, ...factors }) as [FactorKind, number][];
  const evidence = proved.map(([factor, age]) => evidenceOf(factor, NOW - age));
  return { authContext: { evidence, enrolled, roles }, fault: null, now: NOW };
}

export function nobody(fault: TokenFault | null = null): Presented {
  return { authContext: null, fault, now: NOW };
}

declare global {
  export namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      checkedArguments: CheckedArguments<Types>;
    }
  }
}

type Check = (args: Record<string, unknown>) => void;

/** Simulates a plugin that maps and validates arguments. A field's check is in its `extensions`. */
class CheckedArguments<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const check = field.pothosOptions.extensions?.['check'] as Check | undefined;
    if (check === undefined) return field;
    const mapper = (args: Record<string, unknown>): Record<string, unknown> => {
      check(args);
      return args;
    };
    return { ...field, argMappers: [...field.argMappers, mapper] };
  }
}
SchemaBuilder.registerPlugin('checkedArguments', CheckedArguments);

interface Holding {
  readonly kind: 'Checking' | 'Savings';
  readonly id: string;
  readonly balance: number;
}

const HOLDINGS: readonly Holding[] = [
  { kind: 'Checking', id: 'c1', balance: 100 },
  { kind: 'Savings', id: 's1', balance: 200 },
];

const PAY = {
  bind: 'OPERATION',
  maxAge: 120,
  accept: ['TOTP'],
  describe: 'Pay {amount} to {recipient}',
} as const;

export function bankSchema(): GraphQLSchema {
  const builder = new SchemaBuilder<{ Context: BankContext; DefaultFieldNullability: true }>({
    plugins: [stepUpPlugin, 'checkedArguments'],
    stepUp: { authContext: authContextOf },
  });

  builder.enumType('FactorKind', { values: FACTOR_KINDS });
  builder.enumType('StepUpRequire', { values: Object.values(StepUpRequire) });
  builder.enumType('StepUpBind', { values: Object.values(StepUpBind) });
  builder.enumType('Role', { values: ['TELLER', 'AUDITOR'] as const });

  const Account = builder.interfaceRef<Holding>('Account').implement({
    resolveType: (it) => it.kind,
    fields: (t) => ({
      id: t.exposeID('id'),
      balance: t.exposeInt('balance', { stepUp: { maxAge: 300 } }),
      bank: t.string({ resolve: () => 'The Bank' }),
    }),
  });
  builder.objectRef<Holding>('Checking').implement({
    interfaces: [Account],
    // Declared again, without the guard.
    fields: (t) => ({ balance: t.exposeInt('balance'), overdraft: t.int({ resolve: () => 50 }) }),
  });
  builder.objectRef<Holding>('Savings').implement({
    interfaces: [Account],
    fields: (t) => ({ interest: t.float({ authenticated: true, resolve: () => 0.5 }) }),
  });

  const Sealed = builder.interfaceRef<object>('Sealed').implement({
    stepUp: { accept: ['BACKUP_CODE', 'TOTP'] },
    resolveType: () => 'Testament',
    fields: (t) => ({ text: t.string({ resolve: () => 'sealed' }) }),
  });
  const Testament = builder.objectRef<object>('Testament').implement({
    interfaces: [Sealed],
    fields: (t) => ({ heirs: t.int({ resolve: () => 3 }) }),
  });
  const Report = builder.objectRef<object>('Report').implement({
    requiresRole: 'AUDITOR',
    isTypeOf: () => true,
    fields: (t) => ({
      title: t.string({ resolve: () => 'Report' }),
      losses: t.int({ stepUp: true, resolve: () => 7 }),
    }),
  });
  const Leaflet = builder.objectRef<{ leaflet: true }>('Leaflet').implement({
    isTypeOf: (it) => 'leaflet' in (it as object),
    fields: (t) => ({ title: t.string({ resolve: () => 'Leaflet' }) }),
  });
  const Paper = builder.unionType('Paper', {
    types: [Leaflet, Report],
    resolveType: (it) => ('leaflet' in it ? Leaflet : Report),
  });

  const Client = builder.objectRef<object>('Client').implement({
    fields: (t) => ({
      name: t.string({ resolve: () => 'Ada' }),
      pin: t.string({ stepUp: { maxAge: 60, accept: ['TOTP', 'BACKUP_CODE'] }, resolve: () => '1234' }),
      nickname: t.string({ stepUp: { require: 'STRONGEST_ENROLLED' }, resolve: () => 'Countess' }),
      accounts: t.field({ type: [Account], resolve: () => [...HOLDINGS] }),
      testament: t.field({ type: Testament, resolve: () => ({}) }),
    }),
  });

  builder.queryType({
    fields: (t) => ({
      hello: t.string({ resolve: runs('hello', 'world') }),
      boom: t.string({
        resolve: () => {
          throw new Error('secret detail');
        },
      }),
      client: t.field({ type: Client, authenticated: true, resolve: () => ({}) }),
      clients: t.field({
        type: [Client],
        args: { count: t.arg.int({ required: true }) },
        resolve: (_root, { count }) => Array.from({ length: count }, () => ({})),
      }),
      accounts: t.field({ type: [Account], resolve: () => [...HOLDINGS] }),
      sealed: t.field({ type: [Sealed], resolve: () => [{}] }),
      papers: t.field({ type: [Paper], resolve: () => [{ leaflet: true }, {}] }),
      vault: t.string({ stepUp: { bind: 'OPERATION' }, resolve: runs('vault', 'gold') }),
      search: t.string({
        stepUp: true,
        args: { term: t.arg.string({ required: true }) },
        extensions: { check: refuseBadTerms },
        resolve: runs('search', 'found'),
      }),
    }),
  });

  builder.mutationType({
    fields: (t) => ({
      note: t.string({ resolve: runs('note', 'noted') }),
      close: t.string({
        stepUp: { maxAge: 120 },
        args: { term: t.arg.string({ required: true }) },
        extensions: { check: refuseBadTerms },
        resolve: runs('close', 'closed'),
      }),
      pay: t.string({
        stepUp: PAY,
        args: {
          amount: t.arg.int({ required: true }),
          recipient: t.arg.string({ required: true }),
          note: t.arg.string({ defaultValue: 'none' }),
        },
        resolve: (_root, { amount, recipient }, { ran }) => {
          ran.push(`pay ${amount} to ${recipient}`);
          if (recipient === 'nowhere') throw new Error('There is nobody of this name.');
          return 'paid';
        },
      }),
      payOut: t.string({
        requiresRole: 'TELLER',
        stepUp: { bind: 'OPERATION' },
        resolve: runs('payOut', 'paid out'),
      }),
      audit: t.string({
        requiresRole: 'AUDITOR',
        resolve: runs('audit', 'audited'),
      }),
      open: t.field({
        type: Client,
        resolve: runs('open', {}),
      }),
      openAccount: t.field({
        type: Account,
        resolve: runs('openAccount', HOLDINGS[0]),
      }),
      print: t.field({
        type: Paper,
        resolve: runs('print', { leaflet: true as const }),
      }),
    }),
  });

  builder.subscriptionType({
    fields: (t) => ({
      alarms: t.int({
        stepUp: true,
        subscribe: async function* (_root, _args, { ran }) {
          ran.push('alarms');
          yield 1;
          yield 2;
        },
        resolve: (it) => it as number,
      }),
      clients: t.field({
        type: Client,
        subscribe: async function* () {
          yield {};
          yield {};
        },
        resolve: () => ({}),
      }),
    }),
  });

  return builder.toSchema();
}

/** A resolver that records its run. */
function runs<T>(name: string, value: T) {
  return (_root: unknown, _args: unknown, { ran }: BankContext): T => {
    ran.push(name);
    return value;
  };
}

function refuseBadTerms({ term }: Record<string, unknown>): void {
  if (term === 'bad') throw new Error('This term is bad.');
}
