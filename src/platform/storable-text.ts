// What PostgreSQL cannot keep as text, whoever sends it.

/** What is wrong and how to mend it; null when the text can be kept. */
export function unstorable(text: string): string | null {
  if (text.includes('\0')) return 'Leave out the NUL character.';
  if (!text.isWellFormed()) return 'Leave out the lone surrogate: this is not well-formed Unicode.';
  return null;
}
