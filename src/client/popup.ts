// A step-up at another issuer, in a popup of the page.
import { StepUpError } from './errors.ts';

interface Page {
  open(url: string, target: string, features: string): { readonly closed: boolean } | null;
  close(): void;
  readonly document: { hasFocus(): boolean };
}

const page = globalThis as unknown as Page;
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
  const popup = page.open(url, 'stepgate-step-up', 'popup,width=480,height=640');
  if (popup === null)
    throw new StepUpError({ code: 'POPUP_BLOCKED', message: 'The browser has blocked the window.' });
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      // Pages can hide from their opener (`Cross-Origin-Opener-Policy`), and then seem closed while they have the focus.
      if (popup.closed && page.document.hasFocus()) end(false);
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
  page.close();
}
