// What an agent may at most: how long it lives, how many there are, and how often they may ask their user.

/** How long the token of an agent is valid by default, and at most. It cannot be extended. */
export const AGENT_SECONDS = 3600;
export const MOST_AGENT_SECONDS = 86_400;
export const LEAST_AGENT_SECONDS = 60;

/** Live agents of one user. */
export const MOST_AGENTS = 20;

/** Requests that wait at the same time. */
export const MOST_WAITING = { ofAgent: 3, ofUser: 5 };

/** Requests within this time that were not approved: rejected, expired, or still waiting. */
export const UNAPPROVED_SECONDS = 3600;
export const MOST_UNAPPROVED = { ofAgent: 10, ofUser: 20 };

/** How long an agent may use an approval. */
export const MOST_GRANT_SECONDS = 900;
