// Names and labels: text that users enter and that is shown to others as part of a line.

/** Line breaks, other control characters, and characters that embed, override or isolate a text direction. */
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** @returns how to fix the text, or null if it is a single line without misleading characters. */
export function misleading(text: string): string | null {
  return MISLEADING.test(text)
    ? 'Remove line breaks, control characters, and characters that change the text direction.'
    : null;
}
