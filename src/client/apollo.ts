// The public export `stepgate/client/apollo`: a link for Apollo Client 4.
import { ApolloLink } from '@apollo/client';
import { ServerError } from '@apollo/client/errors';
import { print } from '@apollo/client/utilities';
import { Observable } from 'rxjs';
import { hasOneField, type Operation } from './operation.ts';
import { assertReaches, type OperationClient } from './operation-client.ts';
import type { Answer } from './refusal.ts';
import { performStream, type Sink } from './stream.ts';

export { type OperationClient, OtherHostError } from './operation-client.ts';

/**
 * Creates an Apollo link that adds the client's access token to each operation, and sends a refused operation again
 * after a token refresh or a step-up. Place it before the terminating link.
 *
 * @param client the client whose session and prompts are used.
 * @example
 * ApolloLink.from([createStepgateLink(stepgate), new HttpLink({ uri })])
 */
export function createStepgateLink(client: OperationClient): ApolloLink {
  return new ApolloLink(
    (operation, forward) =>
      new Observable((observer) =>
        performStream<Result>(
          (send) => client.perform(described(operation), send),
          ({ headers, cookies }, sink) => {
            operation.setContext((context) => ({
              headers: { ...(context['headers'] as object), ...headers },
              ...(cookies ? { credentials: 'include' } : {}),
            }));
            const subscription = forward(operation).subscribe(answersTo(sink, client, operation));
            return () => subscription.unsubscribe();
          },
          observer,
        ),
      ),
  );
}

type Result = ApolloLink.Result & Answer;

/** Where an operation goes is known only after the terminating link has sent it. */
function answersTo(
  sink: Sink<Result>,
  client: OperationClient,
  operation: ApolloLink.Operation,
): Sink<Result> {
  return {
    next(result) {
      const { response } = operation.getContext() as { readonly response?: Response };
      try {
        if (response) assertReaches(client, response.url);
      } catch (error) {
        return sink.error(error);
      }
      sink.next(result);
    },
    error(problem) {
      // Apollo Client reads the body of a 401 only if it is `application/graphql-response+json`.
      const answer = ServerError.is(problem) && problem.statusCode === 401 ? answerIn(problem) : null;
      if (answer === null) return sink.error(problem);
      this.next(answer);
      sink.complete();
    },
    complete: () => sink.complete(),
  };
}

function answerIn({ bodyText }: ServerError): Result | null {
  try {
    const answer = JSON.parse(bodyText);
    return Array.isArray(answer?.errors) ? answer : null;
  } catch {
    return null;
  }
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
