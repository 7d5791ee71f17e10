// What the tabs of a browser share: notifications of what happens to the session, and a flag that outlives a page. Outside a
// page, for example on a server, nothing is shared, because clients belong to different users.
import type { SessionEvent } from './session-watch.ts';

/**
 * What has happened to the session. `MAYBE_SIGNED_IN`: a mutation, which may have been a sign-in without the client.
 */
export type News = SessionEvent | 'MAYBE_SIGNED_IN';

interface Page {
  readonly location?: unknown;
  readonly BroadcastChannel?: new (name: string) => Channel;
  readonly localStorage?: Storage;
  addEventListener?(type: 'online', listener: () => unknown, options: { readonly once: true }): void;
}

interface Channel {
  postMessage(news: News): void;
  addEventListener(type: 'message', listener: (event: { readonly data: News }) => void): void;
  /** In Node, keeps the channel from keeping the process alive. */
  unref?(): void;
}

interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The global object of a page or worker; null elsewhere. */
function page(): Page | null {
  const global = globalThis as unknown as Page;
  return global.location === undefined ? null : global;
}

/**
 * @param name the channel shared by the tabs; null if there are none.
 * @returns a function that notifies the other tabs.
 */
export function openNews(name: string | null, hear: (news: News) => void): (news: News) => void {
  const { BroadcastChannel } = page() ?? {};
  if (name === null || BroadcastChannel === undefined) return () => {};
  const channel = new BroadcastChannel(name);
  channel.unref?.();
  channel.addEventListener('message', ({ data }) => hear(data));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel never leaves its origin
  return (news) => channel.postMessage(news);
}

/** A named flag that all tabs see. Without browser storage, only this page sees it. */
export class Note {
  readonly #name: string;
  #isSet = false;

  constructor(name: string) {
    this.#name = name;
  }

  isSet(): boolean {
    const storage = storageOfPage();
    return storage === null ? this.#isSet : storage.getItem(this.#name) !== null;
  }

  set(): void {
    this.#isSet = true;
    storageOfPage()?.setItem(this.#name, '1');
  }

  clear(): void {
    this.#isSet = false;
    storageOfPage()?.removeItem(this.#name);
  }
}

function storageOfPage(): Storage | null {
  try {
    return page()?.localStorage ?? null;
  } catch {
    return null; // storage is disabled
  }
}

/** Calls a function once when the device is online again, if the environment reports that. */
export function onceOnline(work: () => unknown): void {
  page()?.addEventListener?.('online', work, { once: true });
}
