// A transaction that met a parallel one (a deadlock, a failed serialization) was rolled back whole, so it runs again.
import { isContention } from './failure.ts';
import type { EntityManager } from './orm.ts';

const TRIES = 3;

/** @param work runs once or more, and reaches nothing outside of the transaction. */
export async function atomically<T>(
  em: EntityManager,
  work: (transaction: EntityManager) => Promise<T>,
): Promise<T> {
  // Within another transaction it is that one which would have to run again.
  const mostTries = em.isInTransaction() ? 1 : TRIES;
  for (let tries = 1; ; tries += 1) {
    try {
      return await em.transactional(work);
    } catch (error) {
      if (tries >= mostTries || !isContention(error)) throw error;
    }
  }
}
