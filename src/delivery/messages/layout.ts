// The layout of mails: the same blocks as plain text and as HTML. Nothing is loaded from elsewhere, every value is escaped,
// and only the button sets colors, so that mail programs can use their light or dark theme.
import { escapeHtml } from '../../platform/escape-html.ts';

export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  /** Lines of one paragraph. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'link'; readonly url: string; readonly action: string }
  /** The code in large print, HTML only. The text contains it in a sentence. */
  | { readonly kind: 'code'; readonly code: string };

export function textOf(blocks: readonly Block[]): string {
  return `${blocks.flatMap(textOfBlock).join('\n\n')}\n`;
}

function textOfBlock(block: Block): string[] {
  switch (block.kind) {
    case 'paragraph':
      return [block.text];
    case 'lines':
      return [block.lines.join('\n')];
    case 'link':
      return [block.url];
    case 'code':
      return [];
  }
}

export function htmlOf(title: string, locale: string, blocks: readonly Block[]): string {
  return `<!doctype html>
<html lang="${escapeHtml(locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:24px">
<div style="max-width:560px;margin:0 auto;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
${blocks.map(htmlOfBlock).join('\n')}
</div>
</body>
</html>
`;
}

const BUTTON =
  'display:inline-block;padding:12px 20px;border-radius:6px;background:#1d4ed8;color:#ffffff;font-weight:600;text-decoration:none';
const CODE = 'margin:0 0 16px;font:600 32px/1.25 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.15em';

function htmlOfBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return paragraph(escapeHtml(block.text));
    case 'lines':
      return paragraph(block.lines.map(escapeHtml).join('<br>'));
    case 'link': {
      const url = escapeHtml(block.url);
      const button = `<a href="${url}" style="${BUTTON}">${escapeHtml(block.action)}</a>`;
      return `${paragraph(button)}\n<p style="margin:0 0 16px;font-size:13px;word-break:break-all">${url}</p>`;
    }
    case 'code':
      return `<p style="${CODE}">${escapeHtml(block.code)}</p>`;
  }
}

function paragraph(html: string): string {
  return `<p style="margin:0 0 16px">${html}</p>`;
}
