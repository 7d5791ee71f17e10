// The public export `stepgate/client/issuer`: a client for APIs that `@stepUp` guards and that accept the tokens of another
// issuer, such as Keycloak or Auth0. A refusal names the page of the application that starts the step-up there.
import type { Presented, Presenting } from './client-session.ts';
import { StepUpError } from './errors.ts';
import type { OperationClient } from './operation-client.ts';
import type { Requirement } from './refusal.ts';
import { inRounds } from './rounds.ts';
import { runOperation } from './run-operation.ts';

export { StepUpError } from './errors.ts';
export { type OperationClient, OtherHostError } from './operation-client.ts';

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
      const isDone = (await onStepUp?.({ requirement, url: String(elsewhere) })) === true;
      return isDone && (await renewed()) !== null;
    },
  );
  return {
    onlyFor: null,
    perform: (operation, send) => runOperation(session, asking, operation, send),
  };
}

const CHANNEL = 'stepgate step-up';

/**
 * Opens a page in a popup, and waits until it calls {@link finishStepUp} or is closed. Call it soon after a click,
 * because browsers block popups otherwise.
 *
 * @param url the page, on the origin of the application.
 * @returns whether the page has called {@link finishStepUp}.
 * @throws {StepUpError} with the code `POPUP_BLOCKED` if the browser has blocked the popup. Offer the user a link then.
 */
export async function stepUpInPopup(url: string): Promise<boolean> {
  const popup = window.open(url, 'stepgate-step-up', 'popup,width=480,height=640');
  if (popup === null)
    throw new StepUpError({ code: 'POPUP_BLOCKED', message: 'The browser has blocked the window.' });
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      // Pages can hide from their opener (`Cross-Origin-Opener-Policy`), and then seem closed while they have the focus.
      if (popup.closed && document.hasFocus()) end(false);
    }, 500);
    function end(isDone: boolean): void {
      clearInterval(timer);
      channel.close();
      resolve(isDone);
    }
    channel.addEventListener('message', () => end(true));
  });
}

/** Tells the page that has opened this popup that the user has stepped up, and closes the popup. */
export function finishStepUp(): void {
  const channel = new BroadcastChannel(CHANNEL);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel never leaves its origin
  channel.postMessage(null);
  channel.close();
  window.close();
}
