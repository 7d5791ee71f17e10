// The part of the tour about identity providers: a sign-up with the example provider, and a password in case it is lost.
import { attempt, ERRORS, idOf, type TourStep } from './operations.ts';

/** The browser that asked for an answer is recognized by a cookie. The access token is in the response nevertheless. */
const HYBRID = { 'x-stepgate-session': 'hybrid' };

const PROVIDER_SESSION = 'PASTE-accessToken-OF-TAB-28';

export const PROVIDER_STEPS: readonly TourStep[] = [
  {
    title:
      '26. Sign up with an identity provider: start the example provider with `npm run provider`. A sign-in can become a sign-up there.',
    query: `mutation _26_Start {
  startSignIn(input: {}) {
    ... on SignIn { id status factors { factor providerId hint } }
    ${ERRORS}
  }
}`,
  },
  {
    title: '27. Open the url of the response in another tab of this browser, and choose a person.',
    query: `mutation _27_Provider($workflowId: ID!, $providerId: ID!) {
  prepareFactor(input: { workflowId: $workflowId, factor: OAUTH, providerId: $providerId }) {
    ... on Workflow { id status challenge { request expiresAt } }
    ${ERRORS}
  }
}`,
    variables: { workflowId: idOf(26), providerId: 'example' },
    headers: HYBRID,
  },
  {
    title: '28. Prove it with the answer that the other tab shows. The response contains your access token.',
    query: attempt('_28_Answer', 'SignIn { session { accessToken } }'),
    variables: { workflowId: idOf(26), proof: { oauth: 'PASTE-THE-ANSWER' } },
    headers: HYBRID,
  },
  {
    title:
      '29. Set a password, so that you can sign in without the provider. Add a passkey as well, with tabs 17 and 18.',
    query: `mutation _29_Password($newPassword: String!) {
  changePassword(input: { newPassword: $newPassword }) {
    ... on User { emailAddresses { address } identities { providerId address } }
    ${ERRORS}
  }
}`,
    variables: { newPassword: 'a password beside the provider' },
    token: PROVIDER_SESSION,
  },
];
