// One at a time: whatever spends a refresh token or brings new tokens. Two that ran together would use one token twice,
// which ends the session, or keep the one that the server has just replaced.

const queues = new WeakMap<object, Promise<unknown>>();

/**
 * @param owner whose tokens they are: clients of one program that share a store wait for each other.
 * @param lock the name under which other tabs wait as well, where the Web Locks API is there. Null: nobody shares.
 */
export function exclusively<T>(owner: object, lock: string | null, work: () => Promise<T>): Promise<T> {
  const before = queues.get(owner) ?? Promise.resolve();
  const turn = before.then(() => locked(lock, work));
  queues.set(
    owner,
    turn.catch(() => {}),
  );
  return turn;
}

interface WebLocks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

function locked<T>(name: string | null, work: () => Promise<T>): Promise<T> {
  // React Native has none, and a browser gives it to secure pages only.
  const { navigator } = globalThis as { navigator?: { locks?: WebLocks } };
  return name === null || navigator?.locks === undefined ? work() : navigator.locks.request(name, work);
}
