// What the tabs of one browser share: news of each other's sign-ins and sign-outs, and a note that outlives a page.
// A program without pages, such as a server, shares nothing: its clients belong to different users.

/** `SIGNED_OUT`: a user has signed out. `MAYBE_SIGNED_IN`: there may be a session where there was none. */
export type News = 'SIGNED_OUT' | 'MAYBE_SIGNED_IN';

interface Page {
  readonly location?: unknown;
  readonly BroadcastChannel?: new (name: string) => Channel;
  readonly localStorage?: Storage;
  addEventListener?(type: 'online', listener: () => unknown, options: { readonly once: true }): void;
}

interface Channel {
  postMessage(news: News): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  /** In Node: the channel does not keep the process running. */
  unref?(): void;
}

interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The global object of a page or a worker. */
function page(): Page | null {
  const global = globalThis as unknown as Page;
  return global.location === undefined ? null : global;
}

/** @param name that the tabs share; null: there are none. @returns what tells the other tabs. */
export function openNews(name: string | null, hear: (news: News) => void): (news: News) => void {
  const { BroadcastChannel } = page() ?? {};
  if (name === null || BroadcastChannel === undefined) return () => {};
  const channel = new BroadcastChannel(name);
  channel.unref?.();
  channel.addEventListener('message', ({ data }) => {
    if (data === 'SIGNED_OUT' || data === 'MAYBE_SIGNED_IN') hear(data);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it only ever reaches this origin
  return (news) => channel.postMessage(news);
}

/** One bit under a name, which all tabs see. Where the browser keeps nothing, this page alone does. */
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
    return null; // the user has forbidden it
  }
}

/** Calls it when the device is online again, where that is told; once, however often it was asked for. */
export function onceOnline(work: () => unknown): void {
  page()?.addEventListener?.('online', work, { once: true });
}
