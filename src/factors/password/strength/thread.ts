// Runs in a thread of its own, which strength.ts starts: zxcvbn with its dictionaries. It takes a third of a second and
// 67 MB to load, and its time grows with the square of a password's length, so it is never given more than a window.
import { type Score, ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english, translations } from '@zxcvbn-ts/language-en';

export interface Estimate {
  /** zxcvbn's, from 0 (too guessable) to 4 (very unguessable). */
  readonly score: Score;
  readonly warning: string | null;
  readonly suggestions: readonly string[];
}

/** In code points. A window takes a quarter of a second at the very most. */
const WINDOW = 32;
/** What comes after so many is not looked at. */
const WINDOWS = 2;
const BEST: Score = 4;

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common, ...english },
  graphs: adjacencyGraphs,
  translations,
  maxLength: 2 * WINDOW, // UTF-16 units
});

/**
 * Whoever guesses a password has guessed each piece of it, so the strongest piece is what it is at least worth.
 * @param words that a guesser would try first for this user.
 */
export function estimate({ password, words }: { password: string; words: string[] }): Estimate {
  const points = [...password];
  const estimates: Estimate[] = [];
  for (let start = 0; start < Math.max(1, Math.min(points.length, WINDOW * WINDOWS)); start += WINDOW) {
    const { score, feedback } = zxcvbn.check(points.slice(start, start + WINDOW).join(''), words);
    const found = { score, warning: feedback.warning, suggestions: feedback.suggestions };
    if (score === BEST) return found;
    estimates.push(found);
  }
  return estimates.reduce((best, one) => (one.score > best.score ? one : best));
}
