// The resolvers. They need no access checks, because a resolver runs only after the guards of its field.
import { GraphQLError } from 'graphql';
import type { Customer, Customers } from './customers.ts';

/** The caller, as seen by resolvers. */
export interface Caller {
  readonly userId: string;
}

export interface ResolverContext {
  readonly customers: Customers;
  /** Null if nobody is signed in. Never null behind a guard. */
  readonly caller: Caller | null;
}

interface ContractInput {
  readonly iban?: string | null;
  readonly monthlyFee?: number | null;
}

export const resolvers = {
  Query: {
    customers: (_root: unknown, _args: object, { customers }: ResolverContext) => customers.list(),
    customer: (_root: unknown, { id }: { id: string }, { customers }: ResolverContext) => customers.find(id),
  },
  Mutation: {
    renameCustomer(_root: unknown, { id, name }: { id: string; name: string }, context: ResolverContext) {
      const trimmed = name.trim();
      if (trimmed === '') throw badInput('Enter a name.');
      return change(context, id, (before) => ({ ...before, name: trimmed }));
    },
    changeContract(
      _root: unknown,
      { id, contract }: { id: string; contract: ContractInput },
      context: ResolverContext,
    ) {
      const iban = contract.iban?.replaceAll(' ', '');
      if (iban !== undefined && !/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban))
        throw badInput('Enter a valid IBAN.');
      if (contract.monthlyFee != null && contract.monthlyFee < 0)
        throw badInput('The fee cannot be negative.');
      return change(context, id, (before) => ({
        ...before,
        contract: {
          ...before.contract,
          iban: iban ?? before.contract.iban,
          monthlyFee: contract.monthlyFee ?? before.contract.monthlyFee,
        },
      }));
    },
    pay(
      _root: unknown,
      { customerId, amount }: { customerId: string; amount: number },
      { customers }: ResolverContext,
    ) {
      if (amount <= 0) throw badInput('Enter an amount of at least one cent.');
      return customers.pay(customerId, amount);
    },
  },
};

function change(
  { customers, caller }: ResolverContext,
  id: string,
  edit: (before: Customer) => Customer,
): Customer | null {
  return customers.change(id, (before) => ({ ...edit(before), changedBy: caller?.userId ?? null }));
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
