// The public export `stepgate/client/apollo`: a link for Apollo Client 4, which goes before the one that sends.
import { ApolloLink } from '@apollo/client';
import { print } from '@apollo/client/utilities';
import { Observable } from 'rxjs';
import type { StepgateClient } from './client.ts';
import { hasOneField, type Operation } from './operation.ts';
import type { Answer } from './refusal.ts';
import { performStream } from './stream.ts';

/** Sends operations with the client's token, and again when they were refused and may be let in now. */
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
