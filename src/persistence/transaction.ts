// Retries a transaction that was rolled back because of a deadlock or a serialization failure.
import { isContention } from './failure.ts';
import type { EntityManager } from './orm.ts';

const TRIES = 3;

/** @param work may run several times, so it must have no effects outside the transaction. */
export async function atomically<T>(
  em: EntityManager,
  work: (transaction: EntityManager) => Promise<T>,
): Promise<T> {
  // Inside another transaction, that one would have to be retried.
  const mostTries = em.isInTransaction() ? 1 : TRIES;
  for (let tries = 1; ; tries += 1) {
    try {
      return await em.transactional(work);
    } catch (error) {
      if (tries >= mostTries || !isContention(error)) throw error;
    }
  }
}
