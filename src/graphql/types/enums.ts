// The enums of the public API.
import { KIND_DESCRIPTIONS } from '../../factors/registry.ts';
import { Role } from '../../persistence/entities/user.ts';
import { AssuranceLevel } from '../../policy/assurance.ts';
import { RefusalCode, Remedy } from '../../policy/decision.ts';
import { Category, type FactorKind } from '../../policy/factor-kind.ts';
import { PasswordUse } from '../../policy/password-use.ts';
import { SecondFactorPolicy } from '../../policy/required-factors.ts';
import { StepUpBind, StepUpRequire } from '../../policy/requirement.ts';
import { WorkflowRemedy, WorkflowStatus } from '../../workflows/view.ts';
import { describedEnum } from './described-enum.ts';

export const FactorKindEnum = describedEnum<FactorKind>(
  'FactorKind',
  'A way to prove who you are, and the categories that it proves.',
  KIND_DESCRIPTIONS,
);

export const CategoryEnum = describedEnum<Category>(
  'FactorCategory',
  'The category of a factor. Factors of two different categories make a session `AAL2`.',
  {
    [Category.KNOWLEDGE]: 'Something you know, such as a password.',
    [Category.POSSESSION]: 'Something you have, such as a phone.',
    [Category.INHERENCE]: 'Something you are, such as a fingerprint.',
  },
);

export const AssuranceLevelEnum = describedEnum<AssuranceLevel>(
  'AssuranceLevel',
  'How strongly a session has proved its user’s identity (NIST SP 800-63B-4 section 2).',
  {
    [AssuranceLevel.AAL1]: 'The session has proved one category of factor.',
    [AssuranceLevel.AAL2]: 'The session has proved two different categories of factor.',
  },
);

export const StepUpRequireEnum = describedEnum<StepUpRequire>(
  'StepUpRequire',
  'How strong a proof must be for `@stepUp`.',
  {
    [StepUpRequire.SECOND_FACTOR]:
      'A second factor. A user who has none must enroll one first: the refusal is `ENROLLMENT_REQUIRED`.',
    [StepUpRequire.STRONGEST_ENROLLED]:
      'The strongest factor that the user has: a second factor, or a first factor if the user has no second factor.',
  },
);

export const StepUpBindEnum = describedEnum<StepUpBind>('StepUpBind', 'What a proof can be used for.', {
  [StepUpBind.SESSION]: 'Any operation of the session, as often as needed, while the proof is recent enough.',
  [StepUpBind.OPERATION]:
    'One operation with the same arguments, once. Pass that operation to `startStepUp` as `operation`.',
});

export const SecondFactorPolicyEnum = describedEnum<SecondFactorPolicy>(
  'SecondFactorPolicy',
  'Whether users must have a second factor. Users who have one must always prove it when they sign in.',
  {
    [SecondFactorPolicy.OPTIONAL]: 'Users decide for themselves.',
    [SecondFactorPolicy.REQUIRED]: 'Required. Users who have none must enroll one when they sign in.',
  },
);

export const PasswordUseEnum = describedEnum<PasswordUse>(
  'PasswordUse',
  'Whether users must have a password.',
  {
    [PasswordUse.REQUIRED]: 'A sign-up needs a password.',
    [PasswordUse.OPTIONAL]: 'A sign-up without a password enrolls a passkey instead.',
  },
);

export const RoleEnum = describedEnum<Role>(
  'Role',
  'A role allows a user to do more than manage their own account.',
  {
    [Role.ADMIN]:
      'An administrator of the tenant. May read other users’ accounts, unlock them, remove their second factors and import users.',
  },
);

export const WorkflowStatusEnum = describedEnum<WorkflowStatus>(
  'WorkflowStatus',
  'The state of a workflow, and what it needs next.',
  {
    [WorkflowStatus.NEEDS_FIRST_FACTOR]: 'Prove one of `factors` as the first factor.',
    [WorkflowStatus.NEEDS_SECOND_FACTOR]: 'Prove one of `factors` as the second factor, of another category.',
    [WorkflowStatus.NEEDS_PROOF]: 'Prove one of `factors`.',
    [WorkflowStatus.NEEDS_ENROLLMENT]:
      'Set up the new authenticator with the secret in this reply, then prove it for the first time.',
    [WorkflowStatus.NEEDS_NEW_PASSWORD]: 'Choose a new password with `chooseNewPassword`.',
    [WorkflowStatus.NEEDS_APPROVAL]:
      'The user must approve the request in a session of their own. Subscribe to `workflow`, or read it from time to time.',
    [WorkflowStatus.COMPLETE]: 'The workflow has succeeded.',
    [WorkflowStatus.FAILED]:
      'The workflow has failed. Start a new one, unless `remedy` suggests something else.',
    [WorkflowStatus.EXPIRED]: 'The workflow’s deadline has passed. Start a new one.',
  },
);

export const WorkflowRemedyEnum = describedEnum<WorkflowRemedy>(
  'WorkflowRemedy',
  'What users can do if they cannot complete a workflow.',
  {
    [WorkflowRemedy.SIGN_IN]:
      'Sign in. The sign-up proved an email address that already has an account, which was not changed. If the user does not know the password of that account, offer a password reset.',
    [WorkflowRemedy.ADMINISTRATOR]:
      'Ask an administrator, who verifies the user’s identity and removes the lost factors. A workflow cannot continue without them.',
  },
);

export const RefusalCodeEnum = describedEnum<RefusalCode>(
  'RefusalCode',
  'Why a guarded field is refused. It is the `code` in the `extensions` of the GraphQL error.',
  {
    [RefusalCode.UNAUTHENTICATED]: 'The request has no valid session.',
    [RefusalCode.STEP_UP_REQUIRED]: 'The session has no proof that is recent and strong enough.',
    [RefusalCode.ENROLLMENT_REQUIRED]: 'The user has no second factor that the field accepts.',
    [RefusalCode.FORBIDDEN]: 'The user does not have the required role.',
  },
);

export const RemedyEnum = describedEnum<Remedy>('Remedy', 'What a client can do after a refusal.', {
  [Remedy.SIGN_IN]: 'Sign in or refresh the session, then retry the operation.',
  [Remedy.STEP_UP]: 'Complete a step-up that begins with `startStepUp`, then retry the operation.',
  [Remedy.ENROLL]: 'Enroll a factor with `startEnrollment`, then retry the operation.',
});
