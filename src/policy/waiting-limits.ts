// How many clients may wait for workflows on one node, and how often a waiting client reads its workflow even if nothing
// wakes it. A client that may not wait asks from time to time instead.

export const WAITING_LIMITS = {
  perWorkflow: 3,
  /** An IP address, or the /64 of an IPv6 address. An office may share one. */
  perHost: 200,
  /** The network around it. */
  perNetwork: 600,
  perNode: 2000,
} as const;

/** Between two reads of a client that was not woken. */
export const READ_AGAIN_SECONDS = 20;
