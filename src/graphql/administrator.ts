// The administrator who sends an operation. They can change their own tenant only.
import type { Administrator } from '../factors/administration.ts';
import { byAdministrator } from '../persistence/audit.ts';
import { type GraphQLContext, signedIn } from './context.ts';

export function administratorOf(context: GraphQLContext): Administrator {
  const { services, session, em, client } = signedIn(context);
  return {
    em,
    tenantId: session.tenantId,
    actor: byAdministrator(session, client),
    now: services.clock.now(),
  };
}
