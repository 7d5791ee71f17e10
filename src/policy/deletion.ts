// How an account goes.

/** How long users can take back the deletion of their account. */
export const DELETION_SECONDS = 14 * 86_400;

/**
 * An erased user keeps an empty row for so long after the loss of everything by which they could sign in. What was under
 * way then, such as a refusal that is counted in memory, is written until then, and erased with it.
 */
export const ERASURE_SETTLES_SECONDS = 300;
