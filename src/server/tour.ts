// The newcomer's tour: the operations of the README, as GraphiQL's first tabs and as `npm run demo` plays them.

export interface TourStep {
  readonly title: string;
  readonly query: string;
  readonly variables?: object;
  /** Whether the step is asked with an access token. */
  readonly needsToken: boolean;
}

const GRANT = 'session { accessToken refreshToken }';
const ERRORS = '... on UserError { code message }';

const EMAIL = 'you@example.com';
const PASSWORD = 'correct horse battery staple';
const WORKFLOW = { workflowId: 'PASTE-THE-WORKFLOW-ID' };

const ATTEMPT = `mutation Attempt($workflowId: ID!, $proof: ProofInput!) {
  attemptFactor(input: { workflowId: $workflowId, proof: $proof }) {
    ... on Workflow { id status factors { factor hint } }
    ... on SignUp { ${GRANT} }
    ... on SignIn { ${GRANT} }
    ... on Enrollment { backupCodes ${GRANT} }
    ... on StepUp { ${GRANT} }
    ... on ProofRejected { attemptsRemaining }
    ${ERRORS}
  }
}`;

const START_SIGN_IN = `mutation SignIn($identifier: String!) {
  startSignIn(input: { identifier: $identifier }) {
    ... on SignIn { id status factors { factor } }
    ${ERRORS}
  }
}`;

export const TOUR: readonly TourStep[] = [
  {
    title: '1. Sign up. A code goes to the inbox at /dev/inbox.',
    query: `mutation SignUp($email: String!, $password: String!) {
  startSignUp(input: { email: $email, password: $password }) {
    ... on SignUp { id status factors { factor } }
    ${ERRORS}
  }
}`,
    variables: { email: EMAIL, password: PASSWORD },
    needsToken: false,
  },
  {
    title: '2. Prove the address with the code: the first session.',
    query: ATTEMPT,
    variables: { ...WORKFLOW, proof: { emailCode: '000000' } },
    needsToken: false,
  },
  {
    title: '3. Ask for a guarded field: ENROLLMENT_REQUIRED.',
    query: `query Guarded {
  viewer {
    emailAddresses { address }
    assurance { level }
    auditEvents { type occurredAt }
  }
}`,
    needsToken: true,
  },
  {
    title: '4. Sign in as on a second device. Password only, so far.',
    query: START_SIGN_IN,
    variables: { identifier: EMAIL },
    needsToken: false,
  },
  {
    title: '5. The password: the second session.',
    query: ATTEMPT,
    variables: { ...WORKFLOW, proof: { password: PASSWORD } },
    needsToken: false,
  },
  {
    title: '6. In the second session, add an authenticator app: scan the QR code or type the secret.',
    query: `mutation Enroll($label: String) {
  startEnrollment(input: { factor: TOTP, label: $label }) {
    ... on Enrollment { id status totp { secret uri qrCode } }
    ${ERRORS}
  }
}`,
    variables: { label: 'my phone' },
    needsToken: true,
  },
  {
    title: '7. In the second session, prove it with the code that the app shows. Keep the backup codes.',
    query: ATTEMPT,
    variables: { ...WORKFLOW, proof: { totp: '000000' } },
    needsToken: true,
  },
  {
    title: '8. Sign in again: now the password is the first of two steps.',
    query: START_SIGN_IN,
    variables: { identifier: EMAIL },
    needsToken: false,
  },
  {
    title: '9. The password; then run it once more with { "totp": "…" }, the app’s next code.',
    query: ATTEMPT,
    variables: { ...WORKFLOW, proof: { password: PASSWORD } },
    needsToken: false,
  },
  {
    title:
      '10. In the first session, ask for the guarded field again (3): STEP_UP_REQUIRED. So step up there.',
    query: `mutation StepUp($maxAge: Int) {
  startStepUp(input: { maxAge: $maxAge }) {
    ... on StepUp { id status factors { factor hint } }
    ${ERRORS}
  }
}`,
    variables: { maxAge: 600 },
    needsToken: true,
  },
  {
    title:
      '11. Prove the app’s code, or a backup code, there. Then ask for the field (3) once more: there it is.',
    query: ATTEMPT,
    variables: { ...WORKFLOW, proof: { totp: '000000' } },
    needsToken: true,
  },
];
