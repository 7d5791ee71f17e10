// The public export `stepgate/client/apollo`: a link for Apollo Client 4.
import { ApolloLink } from '@apollo/client';
import { print } from '@apollo/client/utilities';
import { Observable } from 'rxjs';
import type { StepgateClient } from './client.ts';
import { hasOneField, type Operation } from './operation.ts';
import type { Answer } from './refusal.ts';
import { performStream } from './stream.ts';

/**
 * Creates an Apollo link that adds the client's access token to each operation, and sends a refused operation again
 * after a token refresh or a step-up. Place it before the terminating link.
 *
 * @param client the client whose session and prompts are used.
 * @example
 * ApolloLink.from([createStepgateLink(stepgate), new HttpLink({ uri })])
 */
export function createStepgateLink(client: StepgateClient): ApolloLink {
  return new ApolloLink(
    (operation, forward) =>
      new Observable((observer) =>
        performStream<ApolloLink.Result & Answer>(
          (send) => client.perform(described(operation), send),
          ({ headers, cookies }, sink) => {
            operation.setContext((context) => ({
              headers: { ...(context['headers'] as object), ...headers },
              ...(cookies ? { credentials: 'include' } : {}),
            }));
            const subscription = forward(operation).subscribe(sink);
            return () => subscription.unsubscribe();
          },
          observer,
        ),
      ),
  );
}

function described({ query, operationName, operationType, variables }: ApolloLink.Operation): Operation {
  return {
    kind: operationType,
    get query() {
      return print(query);
    },
    operationName,
    variables,
    hasOneField: hasOneField(query, operationName),
  };
}
