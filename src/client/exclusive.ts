// Serializes everything that uses a refresh token or stores new tokens. Concurrent runs would use one token twice,
// which ends the session, or keep a token that the server has just replaced.

const queues = new WeakMap<object, Promise<unknown>>();

/**
 * @param owner the store of the tokens. Clients in one program that share it wait for each other.
 * @param lock the name of a lock that other tabs wait for as well, if the Web Locks API is available. Null if not shared.
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
  // Not available in React Native, nor on insecure pages.
  const { navigator } = globalThis as { navigator?: { locks?: WebLocks } };
  return name === null || navigator?.locks === undefined ? work() : navigator.locks.request(name, work);
}
