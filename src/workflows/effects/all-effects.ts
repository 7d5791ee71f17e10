// Performs the effects that a chart names. Each effect has its own file.

import type { Step } from '../steps/step.ts';
import { activateUser } from './activate-user.ts';
import { confirmAuthenticator } from './confirm-authenticator.ts';
import { createAuthenticator } from './create-authenticator.ts';
import type { EffectServices, Given, PerformEffect } from './effect.ts';
import { giveBackupCodes } from './give-backup-codes.ts';
import { grantOperation } from './grant-operation.ts';
import { issueSession } from './issue-session.ts';
import { linkIdentity } from './link-identity.ts';
import { noteRememberedBrowser } from './note-remembered-browser.ts';
import type { Outcome } from './outcome.ts';
import { recordEvidence } from './record-evidence.ts';
import { renewTokens } from './renew-tokens.ts';
import { sendChallenge } from './send-challenge.ts';
import { setPassword } from './set-password.ts';
import { tellOfNewDevice } from './tell-of-new-device.ts';
import { tellOwner } from './tell-owner.ts';

const EFFECTS = {
  activateUser,
  confirmAuthenticator,
  createAuthenticator,
  giveBackupCodes,
  grantOperation,
  issueSession,
  linkIdentity,
  noteRememberedBrowser,
  recordEvidence,
  renewTokens,
  sendChallenge,
  setPassword,
  tellOfNewDevice,
  tellOwner,
};

/** The parameters that a chart must pass to each effect. */
export type EffectParams = {
  [Name in keyof typeof EFFECTS]: (typeof EFFECTS)[Name] extends PerformEffect<infer Params> ? Params : never;
};

/** An effect as XState returns it: a name and its parameters. */
interface NamedEffect {
  readonly type: string;
  readonly params?: unknown;
}

/** Performs the effects of a step, in the order of the chart. */
export function performEffects(
  services: EffectServices,
  step: Step & Given,
  effects: readonly NamedEffect[],
): Outcome {
  return effects.reduce<Outcome>((outcome, { type, params }) => {
    if (!isEffect(type)) throw new Error(`Unknown effect: ${type}`);
    const perform = EFFECTS[type] as PerformEffect<unknown>;
    return { ...outcome, ...perform(services, step, params, outcome) };
  }, {});
}

function isEffect(type: string): type is keyof typeof EFFECTS {
  return Object.hasOwn(EFFECTS, type);
}
