// The steps of the tour, and the operations that several of them have in common.

export interface TourStep {
  readonly title: string;
  readonly query: string;
  readonly variables?: object;
  /** For a step that needs an access token: the placeholder to replace with it. */
  readonly token?: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const GRANT = 'session { accessToken refreshToken }';
export const ERRORS = '... on UserError { code message }';

export const idOf = (tab: number): string => `PASTE-id-OF-TAB-${tab}`;

export const startSignIn = (name: string): string => `mutation ${name}($identifier: String!) {
  startSignIn(input: { identifier: $identifier }) {
    ... on SignIn { id status factors { factor } }
    ${ERRORS}
  }
}`;

/** @param needs what the user needs to set the authenticator up. */
export const startEnrollment = (
  name: string,
  factor: string,
  needs: string,
): string => `mutation ${name}($label: String) {
  startEnrollment(input: { factor: ${factor}, label: $label }) {
    ... on Enrollment { id status ${needs} }
    ${ERRORS}
  }
}`;

export const challenge = (name: string, factor: string): string => `mutation ${name}($workflowId: ID!) {
  prepareFactor(input: { workflowId: $workflowId, factor: ${factor} }) {
    ... on Workflow { id status challenge { request expiresAt } }
    ${ERRORS}
  }
}`;

/** Every workflow uses the same mutation. Each step selects the fields that its workflow returns. */
export const attempt = (
  name: string,
  answer: string,
): string => `mutation ${name}($workflowId: ID!, $proof: ProofInput!) {
  attemptFactor(input: { workflowId: $workflowId, proof: $proof }) {
    ... on Workflow { id status factors { factor hint } }
    ... on ${answer}
    ... on ProofRejected { attemptsRemaining }
    ${ERRORS}
  }
}`;
