// Detects text that PostgreSQL cannot store.

/** @returns how to fix the text, or null if it can be stored. */
export function unstorable(text: string): string | null {
  if (text.includes('\0')) return 'Remove the NUL character.';
  if (!text.isWellFormed()) return 'Remove the unpaired surrogate. The text is not well-formed Unicode.';
  return null;
}
