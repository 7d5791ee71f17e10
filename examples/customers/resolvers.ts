// What the fields do. Nothing here asks who may: a resolver runs only after the guards of its field have let it.
import { GraphQLError } from 'graphql';
import type { Customer, Customers } from './customers.ts';

/** What a resolver may know of its caller. */
export interface Caller {
  readonly userId: string;
}

export interface ResolverContext {
  readonly customers: Customers;
  /** Null: nobody is signed in. Behind a guard there is somebody. */
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
      if (trimmed === '') throw badInput('A customer has a name.');
      return change(context, id, (before) => ({ ...before, name: trimmed }));
    },
    changeContract(
      _root: unknown,
      { id, contract }: { id: string; contract: ContractInput },
      context: ResolverContext,
    ) {
      const iban = contract.iban?.replaceAll(' ', '');
      if (iban !== undefined && !/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban))
        throw badInput('That is no IBAN.');
      if (contract.monthlyFee != null && contract.monthlyFee < 0) throw badInput('A fee is not negative.');
      return change(context, id, (before) => ({
        ...before,
        contract: {
          ...before.contract,
          iban: iban ?? before.contract.iban,
          monthlyFee: contract.monthlyFee ?? before.contract.monthlyFee,
        },
      }));
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
