// The styles of the panels. They are adopted as a style sheet, which the strictest content security policy allows.

const TEXT = `
.stepgate { font-size: 14px; line-height: 1.5; display: grid; gap: 16px; }
.stepgate h2 { font-size: 17px; margin: 0; }
.stepgate h3 { font-size: 14px; margin: 0; }
.stepgate p, .stepgate ul { margin: 0; }
.stepgate ul { padding: 0; list-style: none; display: grid; gap: 8px; }
.stepgate code { font-family: var(--font-family-mono); font-size: 12.5px; overflow-wrap: anywhere; }
.stepgate-tabs { display: flex; gap: 4px; flex-wrap: wrap; }
.stepgate button { font: inherit; cursor: pointer; border-radius: 6px; padding: 4px 10px; border: 1px solid hsla(var(--color-neutral), .3); background: none; color: inherit; }
.stepgate button[aria-selected=true], .stepgate button[aria-pressed=true] { background: hsla(var(--color-primary), .12); border-color: hsl(var(--color-primary)); }
.stepgate button.stepgate-act { background: hsl(var(--color-primary)); border-color: hsl(var(--color-primary)); color: #fff; }
.stepgate button:disabled { opacity: .5; cursor: default; }
.stepgate input { font: inherit; padding: 4px 8px; border: 1px solid hsla(var(--color-neutral), .4); border-radius: 6px; background: none; color: inherit; min-width: 0; flex: 1; }
.stepgate label { display: grid; gap: 4px; flex: 1; }
.stepgate form, .stepgate-row { display: flex; gap: 8px; align-items: end; flex-wrap: wrap; }
.stepgate-card { display: grid; gap: 8px; padding: 10px 12px; border: 1px solid hsla(var(--color-neutral), .2); border-radius: 8px; }
.stepgate-card.stepgate-refusal { border-color: hsl(var(--color-warning)); }
.stepgate-card.stepgate-chosen { border-color: hsl(var(--color-primary)); }
.stepgate-message { white-space: pre-wrap; overflow-wrap: anywhere; }
.stepgate-faint { opacity: .75; }
.stepgate-open { color: hsl(150, 70%, 32%); }
.stepgate-refused { color: hsl(0, 75%, 45%); }
.stepgate img { width: 180px; background: #fff; }
.stepgate-mark { border-radius: 50%; width: 8px !important; height: 8px !important; margin: 6px 0 0 6px; }
.stepgate-mark-open { background: hsl(150, 70%, 40%); }
.stepgate-mark-refused { background: hsl(0, 75%, 50%); }
.stepgate-guarded { text-decoration: underline 2px; text-underline-offset: 3px; }
.stepgate-guarded-open { text-decoration-color: hsla(150, 70%, 40%, .6); }
.stepgate-guarded-refused { text-decoration-color: hsla(0, 75%, 50%, .6); }
`;

let adopted: CSSStyleSheet | undefined;

export function adoptStyles(): void {
  if (adopted !== undefined) return;
  adopted = new CSSStyleSheet();
  adopted.replaceSync(TEXT);
  document.adoptedStyleSheets.push(adopted);
}
