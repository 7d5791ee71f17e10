// An address as a hint: recognised by its owner, of no use to anybody else.

/** `j•••@e•••.com` for `jane@example.com`. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const dot = domain.lastIndexOf('.');
  const ending = dot > 0 ? domain.slice(dot) : '';
  return `${[...address][0] ?? ''}•••@${[...domain][0] ?? ''}•••${ending}`;
}
