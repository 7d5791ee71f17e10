// Throttling of guesses (NIST SP 800-63B-4 section 3.2.2): the first lock comes long before the 100th failure in a row,
// and soon a guesser has one guess an hour.

/** Attempts in one workflow. The one that is right is given back. */
export const MAX_ATTEMPTS = 5;

/** Consecutive failures of one account, over all workflows and factors, before it is locked for a while. */
export const FAILURES_BEFORE_LOCK = 10;
/** The first lock; each further failure doubles it. */
export const FIRST_LOCK_SECONDS = 60;
export const LONGEST_LOCK_SECONDS = 3600;
