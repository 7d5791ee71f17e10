// The tour for new users: the operations of the README, as GraphiQL's first tabs and as `npm run demo` runs them. The
// name of an operation is the title of its tab.
import { CERTIFICATE_STEPS } from './tour/certificate-steps.ts';
import {
  attempt,
  challenge,
  ERRORS,
  GRANT,
  idOf,
  startEnrollment,
  startSignIn,
  type TourStep,
} from './tour/operations.ts';
import { PROVIDER_STEPS } from './tour/provider-steps.ts';

const EMAIL = 'you@example.com';
const PASSWORD = 'correct horse battery staple';
const NEW_PASSWORD = 'a password that I will remember';

const FIRST_SESSION = 'PASTE-accessToken-OF-TAB-2';
const SECOND_SESSION = 'PASTE-accessToken-OF-TAB-5';
const LAST_SESSION = 'PASTE-accessToken-OF-TAB-9';
const PASSKEY_SESSION = 'PASTE-accessToken-OF-TAB-21';

export const TOUR: readonly TourStep[] = [
  {
    title:
      '1. Run this to sign up. A code is sent to the inbox at /dev/inbox. To repeat the tour, use another address.',
    query: `mutation _1_SignUp($email: String!, $password: String!) {
  startSignUp(input: { email: $email, password: $password }) {
    ... on SignUp { id status factors { factor } }
    ${ERRORS}
  }
}`,
    variables: { email: EMAIL, password: PASSWORD },
  },
  {
    title: '2. Prove the address with the code. The response contains the tokens of your first session.',
    query: attempt('_2_Email', `SignUp { ${GRANT} }`),
    variables: { workflowId: idOf(1), proof: { emailCode: 'PASTE-THE-CODE' } },
  },
  {
    title:
      '3. Query a guarded field, with the access token of the first session in the headers below. It is refused for now: ENROLLMENT_REQUIRED.',
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
    title: '4. Sign in again, as if on a second device.',
    query: startSignIn('_4_SignIn'),
    variables: { identifier: EMAIL },
  },
  {
    title: '5. For now, the password is enough. The response contains the tokens of your second session.',
    query: attempt('_5_Password', `SignIn { ${GRANT} }`),
    variables: { workflowId: idOf(4), proof: { password: PASSWORD } },
  },
  {
    title: '6. In the second session, enroll an authenticator app: scan the QR code or type in the secret.',
    query: startEnrollment('_6_Enroll', 'TOTP', 'totp { secret uri qrCode }'),
    variables: { label: 'my phone' },
    token: SECOND_SESSION,
  },
  {
    title: '7. In the second session, prove the app with the code that it shows. Save the backup codes.',
    query: attempt('_7_Totp', `Enrollment { backupCodes ${GRANT} }`),
    variables: { workflowId: idOf(6), proof: { totp: '000000' } },
    token: SECOND_SESSION,
  },
  {
    title: '8. Sign in again. It now takes two steps.',
    query: startSignIn('_8_SignIn'),
    variables: { identifier: EMAIL },
  },
  {
    title:
      '9. Prove the password: NEEDS_SECOND_FACTOR. Then change the proof to { "totp": "the next code" } and run it again.',
    query: attempt('_9_Proofs', `SignIn { ${GRANT} }`),
    variables: { workflowId: idOf(8), proof: { password: PASSWORD } },
  },
  {
    title: '10. In the first session, tab 3 is now refused with STEP_UP_REQUIRED. Start a step-up there.',
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
      '11. Prove the next code, or { "backupCode": "one of the ten" }. Then run tab 3 with the new accessToken: the field is allowed.',
    query: attempt('_11_Proof', `StepUp { ${GRANT} }`),
    variables: { workflowId: idOf(10), proof: { totp: '000000' } },
    token: FIRST_SESSION,
  },
  {
    title:
      '12. An access token expires after ten minutes. This returns a new one, with the proofs of its session.',
    query: `mutation _12_Renew($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) {
    ... on SessionGrant { accessToken refreshToken session { assurance { level } } }
    ${ERRORS}
  }
}`,
    variables: { refreshToken: 'PASTE-A-refreshToken' },
  },
  {
    title: '13. Reset a forgotten password. The response is the same for an unknown address.',
    query: `mutation _13_Forgotten($identifier: String!) {
  startPasswordReset(input: { identifier: $identifier }) {
    ... on PasswordReset { id status factors { factor needsPreparing } }
    ${ERRORS}
  }
}`,
    variables: { identifier: EMAIL },
  },
  {
    title: '14. Request a code. It is sent to the inbox.',
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
      '15. Prove the code: NEEDS_SECOND_FACTOR. Then prove { "totp": "the next code" } or a backup code: NEEDS_NEW_PASSWORD.',
    query: attempt('_15_Proofs', 'PasswordReset { remedy }'),
    variables: { workflowId: idOf(13), proof: { emailCode: 'PASTE-THE-CODE' } },
  },
  {
    title:
      '16. Choose a new password: COMPLETE. This does not sign you in. To sign in, run tabs 8 and 9 with the new password.',
    query: `mutation _16_NewPassword($workflowId: ID!, $newPassword: String!) {
  chooseNewPassword(input: { workflowId: $workflowId, newPassword: $newPassword }) {
    ... on PasswordReset { id status }
    ${ERRORS}
  }
}`,
    variables: { workflowId: idOf(13), newPassword: NEW_PASSWORD },
  },
  {
    title:
      '17. Sign in with tabs 8 and 9, and enroll a passkey in that session. Then create it in the console of your browser: docs/tour.md has the line.',
    query: startEnrollment('_17_Passkey', 'PASSKEY', 'material'),
    variables: { label: 'my laptop' },
    token: LAST_SESSION,
  },
  {
    title: '18. Prove the passkey with what the console returned.',
    query: attempt('_18_Created', `Enrollment { ${GRANT} }`),
    variables: { workflowId: idOf(17), proof: { passkey: 'PASTE-THE-JSON' } },
    token: LAST_SESSION,
  },
  {
    title: '19. Sign in without saying who you are.',
    query: `mutation _19_SignIn {
  startSignIn(input: {}) {
    ... on SignIn { id status factors { factor needsPreparing } }
    ${ERRORS}
  }
}`,
  },
  {
    title: '20. Request a challenge. Use the passkey in the console of your browser.',
    query: challenge('_20_Challenge', 'PASSKEY'),
    variables: { workflowId: idOf(19) },
  },
  {
    title:
      '21. Prove the passkey. It verified you as well, so it is two factors in one: the session is AAL2.',
    query: attempt('_21_Used', `SignIn { ${GRANT} }`),
    variables: { workflowId: idOf(19), proof: { passkey: 'PASTE-THE-JSON' } },
  },
  {
    title:
      '22. In that session, enroll a device. Open the url of the material in another browser tab, which is your phone for this tour, and use it to approve.',
    query: startEnrollment('_22_Device', 'DEVICE_APPROVAL', 'material'),
    variables: { label: 'my phone' },
    token: PASSKEY_SESSION,
  },
  {
    title: '23. Complete the enrollment, after the other tab says that it is almost done.',
    query: attempt('_23_Opened', `Enrollment { ${GRANT} }`),
    variables: { workflowId: idOf(22), proof: { deviceApproval: true } },
    token: PASSKEY_SESSION,
  },
  {
    title:
      '24. Sign in with tabs 8 and 9, up to NEEDS_SECOND_FACTOR. Then ask the device. Type the number of the response in the other tab, and approve.',
    query: challenge('_24_Number', 'DEVICE_APPROVAL'),
    variables: { workflowId: idOf(8) },
  },
  {
    title: '25. Complete the sign-in. Before the approval, this is refused with DEVICE_NOT_APPROVED.',
    query: attempt('_25_Approved', `SignIn { ${GRANT} }`),
    variables: { workflowId: idOf(8), proof: { deviceApproval: true } },
  },
  ...PROVIDER_STEPS,
  ...CERTIFICATE_STEPS,
];
