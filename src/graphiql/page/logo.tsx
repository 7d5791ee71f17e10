// The logo: a gate of two posts and two bars.
export function Logo() {
  return (
    <svg viewBox="0 0 16 16" width="28" height="28" fill="none" stroke="#d60690" strokeWidth="2">
      <title>Stepgate</title>
      <path d="M3 15V2m10 13V2M3 5h10M3 11h10" />
    </svg>
  );
}
