// Fields of a Grafast schema may have plans. A plan runs before the field's resolver does, so a guard before the resolver
// would be too late: by then, a mutation has written and a query has read.
import type { GraphQLField } from 'graphql';

type Field = Pick<GraphQLField<unknown, unknown>, 'extensions'>;

/** The names of a plan in the extensions of a field. */
export const PLANS = ['plan', 'subscribePlan'] as const;

export type Plans = { [name in (typeof PLANS)[number]]?: object | undefined };

/** The plans of a field. Empty for a field that is only resolved. */
export function plansOf({ extensions }: Field): object[] {
  const plans = extensions['grafast'] as Plans | undefined;
  return PLANS.flatMap((name) => plans?.[name] ?? []);
}
