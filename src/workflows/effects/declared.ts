// Declares the effects that a chart can name. Only their types matter: XState returns effects as data and never runs
// them.
import type { EffectParams } from './all-effects.ts';

type DeclaredEffects = {
  [Name in keyof EffectParams]: (args: unknown, params: EffectParams[Name]) => void;
};

export const EFFECTS = {} as DeclaredEffects;
