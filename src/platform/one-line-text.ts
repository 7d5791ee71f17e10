// Names and labels: text that people choose and others are shown, on a page or in a message, as part of one line.

/** Line breaks, other control characters, and what embeds, overrides or isolates a direction of writing. */
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** What is wrong and how to fix it; null when the text is one line that reads as it is written. */
export function misleading(text: string): string | null {
  return MISLEADING.test(text)
    ? 'Leave out line breaks, control characters and characters that change the writing direction.'
    : null;
}
