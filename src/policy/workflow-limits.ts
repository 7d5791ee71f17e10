// How long a workflow lives, and how often it sends a message. The limits of wrong proofs are in lockout.ts.

/** From the start of any workflow to its deadline. */
export const WORKFLOW_SECONDS = 900;

/** A challenge that is asked for again within this time is not sent again. */
export const RESEND_AFTER_SECONDS = 30;

/** Messages that one workflow sends for one factor. */
export const MAX_MESSAGES = 5;
