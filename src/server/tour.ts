// The newcomer's tour: the operations of the README, as GraphiQL's first tabs and as `npm run demo` plays them. An
// operation's name is what its tab is called.

export interface TourStep {
  readonly title: string;
  readonly query: string;
  readonly variables?: object;
  /** For a step that is asked with an access token: what stands there until one is pasted. */
  readonly token?: string;
}

const GRANT = 'session { accessToken refreshToken }';
const ERRORS = '... on UserError { code message }';

const EMAIL = 'you@example.com';
const PASSWORD = 'correct horse battery staple';
const NEW_PASSWORD = 'a password that I shall remember';

const FIRST_SESSION = 'PASTE-accessToken-OF-TAB-2';
const SECOND_SESSION = 'PASTE-accessToken-OF-TAB-5';

const idOf = (tab: number): string => `PASTE-id-OF-TAB-${tab}`;

const startSignIn = (name: string): string => `mutation ${name}($identifier: String!) {
  startSignIn(input: { identifier: $identifier }) {
    ... on SignIn { id status factors { factor } }
    ${ERRORS}
  }
}`;

/** The same mutation for every workflow; each step asks for what its own workflow answers. */
const attempt = (
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

export const TOUR: readonly TourStep[] = [
  {
    title:
      '1. Sign up: run it. A code goes to the inbox at /dev/inbox. For another tour, take another address.',
    query: `mutation _1_SignUp($email: String!, $password: String!) {
  startSignUp(input: { email: $email, password: $password }) {
    ... on SignUp { id status factors { factor } }
    ${ERRORS}
  }
}`,
    variables: { email: EMAIL, password: PASSWORD },
  },
  {
    title: '2. Prove the address with the code. The answer holds the tokens of the first session.',
    query: attempt('_2_Email', `SignUp { ${GRANT} }`),
    variables: { workflowId: idOf(1), proof: { emailCode: 'PASTE-THE-CODE' } },
  },
  {
    title:
      '3. Ask for a guarded field, with the first session’s token in the headers below. So far: ENROLLMENT_REQUIRED.',
    query: `query _3_Guarded {
  viewer {
    emailAddresses { address }
    assurance { level }
    auditEvents { type occurredAt }
  }
}`,
    token: FIRST_SESSION,
  },
  {
    title: '4. Sign in as on a second device.',
    query: startSignIn('_4_SignIn'),
    variables: { identifier: EMAIL },
  },
  {
    title: '5. The password is enough, so far. The answer holds the tokens of the second session.',
    query: attempt('_5_Password', `SignIn { ${GRANT} }`),
    variables: { workflowId: idOf(4), proof: { password: PASSWORD } },
  },
  {
    title: '6. In the second session, add an authenticator app: scan the QR code or type the secret.',
    query: `mutation _6_Enroll($label: String) {
  startEnrollment(input: { factor: TOTP, label: $label }) {
    ... on Enrollment { id status totp { secret uri qrCode } }
    ${ERRORS}
  }
}`,
    variables: { label: 'my phone' },
    token: SECOND_SESSION,
  },
  {
    title: '7. In the second session, prove it with the code that the app shows. Keep the backup codes.',
    query: attempt('_7_Totp', `Enrollment { backupCodes ${GRANT} }`),
    variables: { workflowId: idOf(6), proof: { totp: '000000' } },
    token: SECOND_SESSION,
  },
  {
    title: '8. Sign in again: now it takes two steps.',
    query: startSignIn('_8_SignIn'),
    variables: { identifier: EMAIL },
  },
  {
    title:
      '9. The password: NEEDS_SECOND_FACTOR. Then make the proof { "totp": "the next code" } and run it again.',
    query: attempt('_9_Proofs', `SignIn { ${GRANT} }`),
    variables: { workflowId: idOf(8), proof: { password: PASSWORD } },
  },
  {
    title: '10. In the first session, the guarded field (3) is refused: STEP_UP_REQUIRED. So step up there.',
    query: `mutation _10_StepUp($maxAge: Int) {
  startStepUp(input: { maxAge: $maxAge }) {
    ... on StepUp { id status factors { factor hint } }
    ${ERRORS}
  }
}`,
    variables: { maxAge: 600 },
    token: FIRST_SESSION,
  },
  {
    title:
      '11. Prove the next code there, or { "backupCode": "one of the ten" }. Then run 3 with its accessToken: there it is.',
    query: attempt('_11_Proof', `StepUp { ${GRANT} }`),
    variables: { workflowId: idOf(10), proof: { totp: '000000' } },
    token: FIRST_SESSION,
  },
  {
    title:
      '12. An access token is good for ten minutes. This gives a new one, with the proofs of its session.',
    query: `mutation _12_Renew($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) {
    ... on SessionGrant { accessToken refreshToken session { assurance { level } } }
    ${ERRORS}
  }
}`,
    variables: { refreshToken: 'PASTE-A-refreshToken' },
  },
  {
    title: '13. Forget the password. The answer is the same for an address that nobody has.',
    query: `mutation _13_Forgotten($identifier: String!) {
  startPasswordReset(input: { identifier: $identifier }) {
    ... on PasswordReset { id status factors { factor needsPreparing } }
    ${ERRORS}
  }
}`,
    variables: { identifier: EMAIL },
  },
  {
    title: '14. Ask for a code. It goes to the inbox.',
    query: `mutation _14_Code($workflowId: ID!, $factor: FactorKind!) {
  prepareFactor(input: { workflowId: $workflowId, factor: $factor }) {
    ... on Workflow { id status challenge { hint expiresAt } }
    ${ERRORS}
  }
}`,
    variables: { workflowId: idOf(13), factor: 'EMAIL_CODE' },
  },
  {
    title:
      '15. The code: NEEDS_SECOND_FACTOR. Then prove { "totp": "the next code" } or a backup code: NEEDS_NEW_PASSWORD.',
    query: attempt('_15_Proofs', 'PasswordReset { remedy }'),
    variables: { workflowId: idOf(13), proof: { emailCode: 'PASTE-THE-CODE' } },
  },
  {
    title: '16. Choose a new password: COMPLETE. It signs nobody in: that is 8 and 9, with the new password.',
    query: `mutation _16_NewPassword($workflowId: ID!, $newPassword: String!) {
  chooseNewPassword(input: { workflowId: $workflowId, newPassword: $newPassword }) {
    ... on PasswordReset { id status }
    ${ERRORS}
  }
}`,
    variables: { workflowId: idOf(13), newPassword: NEW_PASSWORD },
  },
];
