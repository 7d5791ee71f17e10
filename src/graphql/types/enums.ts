// The enums of the contract.
import { Role } from '../../persistence/entities/user.ts';
import { AssuranceLevel } from '../../policy/assurance.ts';
import { RefusalCode, Remedy } from '../../policy/decision.ts';
import { Category, FactorKind } from '../../policy/factor-kind.ts';
import { SecondFactorPolicy } from '../../policy/required-factors.ts';
import { StepUpBind, StepUpRequire } from '../../policy/requirement.ts';
import { WorkflowRemedy, WorkflowStatus } from '../../workflows/view.ts';
import { describedEnum } from './described-enum.ts';

export const FactorKindEnum = describedEnum<FactorKind>('FactorKind', 'A kind of evidence.', {
  [FactorKind.PASSWORD]: 'A password. Knowledge.',
  [FactorKind.EMAIL_CODE]:
    'A code sent to an e-mail address. Knowledge: it stands for a password kept elsewhere.',
  [FactorKind.EMAIL_LINK]: 'A link sent to an e-mail address. Knowledge.',
  [FactorKind.PHONE_CODE]: 'A code sent by SMS. Possession.',
  [FactorKind.PHONE_LINK]: 'A link sent by SMS. Possession.',
  [FactorKind.TOTP]: 'A time-based code of an authenticator app (RFC 6238). Possession.',
  [FactorKind.BACKUP_CODE]: 'A backup code (NIST SP 800-63B-4 section 3.1.2). Possession.',
  [FactorKind.PASSKEY]: 'A passkey (WebAuthn). Possession, and more with user verification.',
  [FactorKind.OAUTH]: 'An identity provider. Knowledge: it stands for a password kept elsewhere.',
});

export const CategoryEnum = describedEnum<Category>('FactorCategory', 'What a factor proves.', {
  [Category.KNOWLEDGE]: 'Something known.',
  [Category.POSSESSION]: 'Something held.',
  [Category.INHERENCE]: 'Something one is.',
});

export const AssuranceLevelEnum = describedEnum<AssuranceLevel>(
  'AssuranceLevel',
  'How sure the server is of who is asking (NIST SP 800-63B-4 section 2).',
  {
    [AssuranceLevel.AAL1]: 'One category of evidence.',
    [AssuranceLevel.AAL2]: 'Two different categories of evidence.',
  },
);

export const StepUpRequireEnum = describedEnum<StepUpRequire>(
  'StepUpRequire',
  'How strong a proof must be.',
  {
    [StepUpRequire.SECOND_FACTOR]: 'A second factor. A user who has none is told to enroll one.',
    [StepUpRequire.STRONGEST_ENROLLED]:
      'The strongest that the user has: a second factor, or a first one for a user who has no second.',
  },
);

export const StepUpBindEnum = describedEnum<StepUpBind>('StepUpBind', 'What a proof is good for.', {
  [StepUpBind.SESSION]: 'Whatever the session asks for, while the proof is fresh.',
  [StepUpBind.OPERATION]: 'One operation with its arguments, once: start the step-up with that `operation`.',
});

export const SecondFactorPolicyEnum = describedEnum<SecondFactorPolicy>(
  'SecondFactorPolicy',
  'Whether users must have a second factor. One who has it must always prove it.',
  {
    [SecondFactorPolicy.OPTIONAL]: 'Each user decides.',
    [SecondFactorPolicy.REQUIRED]: 'A user without one enrolls it while signing in.',
  },
);

export const RoleEnum = describedEnum<Role>('Role', 'What a user may do beyond their own account.', {
  [Role.ADMIN]: 'Reads and helps other users’ accounts.',
});

export const WorkflowStatusEnum = describedEnum<WorkflowStatus>(
  'WorkflowStatus',
  'What a workflow waits for.',
  {
    [WorkflowStatus.NEEDS_FIRST_FACTOR]: 'A first factor.',
    [WorkflowStatus.NEEDS_SECOND_FACTOR]: 'A second factor, of another category.',
    [WorkflowStatus.NEEDS_PROOF]: 'A proof of one of `factors`.',
    [WorkflowStatus.NEEDS_ENROLLMENT]: 'The first proof of a new authenticator, whose secret is shown now.',
    [WorkflowStatus.NEEDS_NEW_PASSWORD]: 'A new password.',
    [WorkflowStatus.COMPLETE]: 'Nothing: it has succeeded.',
    [WorkflowStatus.FAILED]: 'Nothing: it has failed. Start again, unless `remedy` names something else.',
    [WorkflowStatus.EXPIRED]: 'Nothing: its deadline has passed. Start again.',
  },
);

export const WorkflowRemedyEnum = describedEnum<WorkflowRemedy>(
  'WorkflowRemedy',
  'What helps somebody who cannot complete a workflow.',
  {
    [WorkflowRemedy.SIGN_IN]:
      'Sign in. A sign-up has proved its address, and the address has an account already; nothing was changed. Whoever does not know the password of that account resets it.',
    [WorkflowRemedy.ADMINISTRATOR]:
      'An administrator, who looks at the person and removes the lost factors. Nothing in the API lets a workflow go on without them.',
  },
);

export const RefusalCodeEnum = describedEnum<RefusalCode>(
  'RefusalCode',
  'Why a guarded field is refused: the `code` of the GraphQL error.',
  {
    [RefusalCode.UNAUTHENTICATED]: 'Nobody is signed in.',
    [RefusalCode.STEP_UP_REQUIRED]: 'The session holds no proof that is fresh and strong enough.',
    [RefusalCode.ENROLLMENT_REQUIRED]: 'The user has no second factor that would do.',
    [RefusalCode.FORBIDDEN]: 'The user does not have the role.',
  },
);

export const RemedyEnum = describedEnum<Remedy>('Remedy', 'What a client can do about a refusal.', {
  [Remedy.SIGN_IN]: 'Sign in, or refresh the session.',
  [Remedy.STEP_UP]: '`startStepUp`, then ask again.',
  [Remedy.ENROLL]: '`startEnrollment`, then ask again.',
});
