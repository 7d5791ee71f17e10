// The part of the tour about client certificates. The proofs are sent over TLS, by a client that presents the certificate.
import { attempt, ERRORS, idOf, startEnrollment, type TourStep } from './operations.ts';

const SESSION = 'PASTE-accessToken-OF-TAB-21';
const OTHER_SESSION = 'PASTE-accessToken-OF-TAB-25';
const TOKEN = 'session { accessToken }';

export const CERTIFICATE_STEPS: readonly TourStep[] = [
  {
    title: '30. Enroll a client certificate, in a session with a fresh second factor.',
    query: startEnrollment('_30_Certificate', 'CERTIFICATE', 'factors { factor }'),
    variables: { label: 'my card' },
    token: SESSION,
  },
  {
    title:
      '31. Prove the certificate. Here it is refused, because this connection has none: docs/tour.md says how to send it with curl.',
    query: attempt(
      '_31_Presented',
      ['Enrollment', 'SignIn', 'StepUp'].map((workflow) => `${workflow} { ${TOKEN} }`).join('\n    ... on '),
    ),
    variables: { workflowId: idOf(30), proof: { certificate: true } },
    token: SESSION,
  },
  {
    title:
      '32. In another session, start a step-up that only a certificate can answer. Prove it with curl as well.',
    query: `mutation _32_StepUp($accept: [FactorKind!], $maxAge: Int) {
  startStepUp(input: { accept: $accept, maxAge: $maxAge }) {
    ... on StepUp { id status factors { factor hint } }
    ${ERRORS}
  }
}`,
    variables: { accept: ['CERTIFICATE'], maxAge: 60 },
    token: OTHER_SESSION,
  },
];
