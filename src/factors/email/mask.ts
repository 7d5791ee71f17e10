// Masks an email address for a hint that only its owner recognises.

/** `j•••@e•••.com` for `jane@example.com`. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const dot = domain.lastIndexOf('.');
  const ending = dot > 0 ? domain.slice(dot) : '';
  return `${firstCharacter(address)}•••@${firstCharacter(domain)}•••${ending}`;
}

function firstCharacter(text: string): string {
  return /^./u.exec(text)?.[0] ?? '';
}
