// The public export `stepgate/client/issuer`: a client for APIs that `@stepUp` guards and that accept the tokens of another
// issuer, such as Keycloak or Auth0. A refusal names the page of the application that starts the step-up there.
import type { Presented, Presenting } from './client-session.ts';
import type { OperationClient } from './operation-client.ts';
import type { Requirement } from './refusal.ts';
import { inRounds } from './rounds.ts';
import { runOperation } from './run-operation.ts';

export { StepUpError } from './errors.ts';
export type { OperationClient } from './operation-client.ts';
export { finishStepUp, stepUpInPopup } from './popup.ts';

/** The argument of {@link IssuerClientOptions.onStepUp}. */
export interface StepUpElsewhere {
  /** What the refused fields require. */
  readonly requirement: Requirement;
  /** The page that starts the step-up at the issuer, with `acr_values` and `max_age` as parameters. */
  readonly url: string;
}

/** The options of {@link createIssuerClient}. */
export interface IssuerClientOptions {
  /**
   * Returns the access token, or null if nobody is signed in. Usually a call of the issuer's library.
   *
   * @param renew whether the last token was refused, or the user has stepped up, so that a newer one is needed.
   */
  accessToken(renew: boolean): string | null | Promise<string | null>;
  /**
   * Called when a refusal names a page for the step-up, once for all operations that are refused at the same time.
   * Resolve with `true` after the user has returned, and the operations are sent again with a newer token.
   *
   * @example
   * onStepUp: ({ url }) => stepUpInPopup(url)
   */
  readonly onStepUp?: (prompt: StepUpElsewhere) => unknown;
}

/**
 * Creates a client for the tokens of another issuer. Use it with the links, exchanges and functions of the other entries.
 *
 * @example
 * const client = createIssuerClient({
 *   accessToken: (renew) => keycloak.updateToken(renew ? -1 : 30).then(() => keycloak.token ?? null),
 *   onStepUp: ({ url }) => stepUpInPopup(url),
 * });
 * ApolloLink.from([createStepgateLink(client), new HttpLink({ uri })])
 */
export function createIssuerClient({ accessToken, onStepUp }: IssuerClientOptions): OperationClient {
  let renewing: Promise<string | null> | null = null;

  /** Concurrent calls share one renewal. */
  function renewed(): Promise<string | null> {
    renewing ??= Promise.resolve(accessToken(true)).finally(() => {
      renewing = null;
    });
    return renewing;
  }

  async function renew({ mark }: Presented): Promise<boolean> {
    if (mark === null) return false;
    const held = await accessToken(false);
    const token = held === mark ? await renewed() : held; // another caller may have been first
    return token !== null && token !== mark;
  }

  const session: Presenting = {
    async present() {
      const token = await accessToken(false);
      return {
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        cookies: false,
        mark: token,
      };
    },
    renew,
    update: renew,
    noticeMutation() {},
  };
  const asking = inRounds(
    // A page cannot approve one operation.
    ({ elsewhere, requirement }) =>
      onStepUp !== undefined && typeof elsewhere === 'string' && requirement.bind === 'SESSION',
    async ({ demand: { elsewhere, requirement } }) => {
      const isDone =
        (await onStepUp?.({ requirement, url: pageFor(String(elsewhere), requirement) })) === true;
      return isDone && (await renewed()) !== null;
    },
  );
  return {
    onlyFor: null,
    perform: (operation, send) => runOperation(session, asking, operation, send),
  };
}

/** The page of one refusal, with the maximum age of all that are refused at the same time. */
function pageFor(page: string, { maxAge }: Requirement): string {
  const url = new URL(page);
  if (maxAge !== null) url.searchParams.set('max_age', String(maxAge));
  return url.href;
}
