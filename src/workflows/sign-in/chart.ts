// Signs a user in with a first factor, then with what the policy demands in addition. The session is issued only when
// the chart completes.
import { assign, setup } from 'xstate';
import { AssuranceLevel, assuranceLevel } from '../../policy/assurance.ts';
import { sufficesOnRememberedBrowser } from '../../policy/remembered-browsers.ts';
import { furtherSteps, nextDemand, type SecondFactorPolicy } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effects/declared.ts';
import type { PendingLink, WorkflowEvent } from '../event.ts';
import {
  type FirstAuthenticator,
  firstAuthenticator,
  provesFirstAuthenticator,
} from '../first-authenticator.ts';
import { type Gathered, keptEvidence, NOTHING_GATHERED } from '../keep-evidence.ts';
import {
  firstFactor,
  type IdentifiedInput,
  offersFirstFactor,
  provesFirstFactor,
  secondFactor,
} from '../two-steps.ts';

export interface SignInInput extends IdentifiedInput, FirstAuthenticator {
  readonly secondFactorPolicy: SecondFactorPolicy;
  /** Whether no identifier was given, so that the first proof says who the user is. */
  readonly isAnonymous: boolean;
  /** The only identity provider that is offered: that of the domain in which the identifier is. Null: any. */
  readonly providerId: string | null;
  /** That domain, whose end ends the sign-in. */
  readonly domainId: string | null;
}

export interface SignInContext extends SignInInput, Gathered {
  /** An identity at a provider that becomes the user's once nothing more is to be proved. */
  readonly linking: PendingLink | null;
  /** Whether the browser is remembered, at the last proof. */
  readonly remembered: boolean;
}

export const signInChart = setup({
  types: { context: {} as SignInContext, events: {} as WorkflowEvent, input: {} as SignInInput },
  guards: {
    offersFirstFactor,
    provesFirstFactor,
    offersSecondFactor: ({ context, event }) =>
      event.type === 'PREPARE' && furtherSteps(context.evidence, event).includes(event.factor),
    provesSecondFactor: ({ context, event }) =>
      event.type === 'PROVE' && furtherSteps(context.evidence, event).includes(event.evidence.factor),
    provesFirstAuthenticator,
    demandsSecondFactor: ({ context }) => demandOf(context) === 'SECOND_FACTOR',
    isRememberedInstead: ({ context }) =>
      demandOf(context) === 'SECOND_FACTOR' &&
      context.remembered &&
      context.linking === null && // whoever links an identity proves the second factor
      sufficesOnRememberedBrowser(context.evidence),
    // A user without a second factor has nothing more to prove, even if policy makes them enroll one.
    linksNow: ({ context }) =>
      context.linking !== null && (demandOf(context) === 'NOTHING' || context.enrolled.length === 0),
    demandsEnrollment: ({ context }) => demandOf(context) === 'ENROLLMENT',
    demandsNothing: ({ context }) => demandOf(context) === 'NOTHING',
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) => ({
      ...keptEvidence(context.evidence, event),
      remembered: event.type === 'PROVE' && event.remembered === true,
      linking: (event.type === 'PROVE' ? event.links : null) ?? context.linking ?? null,
    })),
    keepLinked: assign({ linking: null }),
  },
}).createMachine({
  id: 'sign-in',
  version: '6',
  context: ({ input }) => ({ ...input, ...NOTHING_GATHERED, remembered: false, linking: null }),
  initial: 'firstFactor',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    firstFactor,
    weighing: {
      always: [
        {
          guard: 'linksNow',
          target: 'weighing',
          reenter: true,
          actions: [
            {
              type: 'linkIdentity',
              params: ({ context }) => context.linking ?? { identityId: '', providerId: '' },
            },
            'keepLinked',
          ],
        },
        { guard: 'demandsNothing', target: 'complete' },
        { guard: 'isRememberedInstead', target: 'complete', actions: 'noteRememberedBrowser' },
        { guard: 'demandsSecondFactor', target: 'secondFactor' },
        { guard: 'demandsEnrollment', target: 'enrollment' },
        { target: 'administrator' },
      ],
    },
    secondFactor,
    enrollment: firstAuthenticator,
    complete: {
      type: 'final',
      entry: [
        {
          type: 'issueSession',
          params: ({ context }) => ({
            evidence: context.evidence,
            provedSecondFactor: assuranceLevel(context.evidence) === AssuranceLevel.AAL2,
          }),
        },
        'tellOfNewDevice',
      ],
    },
    // The user has no factor for the second step.
    administrator: { type: 'final' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

function demandOf(context: SignInContext) {
  return nextDemand(context.evidence, context, context.secondFactorPolicy);
}
