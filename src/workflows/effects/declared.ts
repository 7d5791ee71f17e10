// The effects as a chart names them. Only their types are needed: XState returns them as data, and there is nothing
// behind the names that it could run.
import type { EffectParams } from './perform.ts';

type DeclaredEffects = {
  [Name in keyof EffectParams]: (args: unknown, params: EffectParams[Name]) => void;
};

export const EFFECTS = {} as DeclaredEffects;
