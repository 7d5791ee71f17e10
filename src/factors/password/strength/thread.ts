// Runs zxcvbn with its dictionaries in its own thread, which strength.ts starts. Loading it takes a third of a second
// and 67 MB. Its time grows with the square of a password's length, so it only gets one window of the password at a
// time.
import { type Score, ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english, translations } from '@zxcvbn-ts/language-en';

export interface Estimate {
  /** zxcvbn's score, from 0 (too guessable) to 4 (very unguessable). */
  readonly score: Score;
  readonly warning: string | null;
  readonly suggestions: readonly string[];
}

/** In code points. A window takes at most a quarter of a second. */
const WINDOW = 32;
/** Characters after this many windows are ignored. */
const WINDOWS = 2;
const BEST: Score = 4;

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common, ...english },
  graphs: adjacencyGraphs,
  translations,
  maxLength: 2 * WINDOW, // UTF-16 units
});

/**
 * A password is at least as hard to guess as its strongest part, so the best window's score counts.
 *
 * @param words words that an attacker would try first for this user.
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
