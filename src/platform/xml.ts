// Reads XML strictly, as plain data. A document type, CDATA, processing instructions and everything that a parser would
// have to guess are refused, so that two parsers cannot understand a document differently.
import { createRequire } from 'node:module';

export interface XmlElement {
  readonly namespace: string;
  /** Without its prefix. */
  readonly name: string;
  /** Those without a namespace. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside, in one piece. */
  readonly text: string;
}

/** The document is not one that we read. */
export class MalformedXmlError extends Error {
  override readonly name = 'MalformedXmlError';
}

interface Reading {
  readonly mostCharacters: number;
  /** In files that people write. A comment never divides a text. */
  readonly mayHaveComments?: boolean;
}

const require = createRequire(import.meta.url);

const DEEPEST = 32;
const DECLARATION =
  /^\uFEFF?<\?xml version=["']1\.0["'](?: encoding=["']utf-8["'])?(?: standalone=["']\w+["'])?\s*\?>\s*/i;
// oxlint-disable-next-line no-control-regex
const NOT_XML = /[\0-\x08\v\f\x0E-\x1F\uFFFE\uFFFF]/;
const COMMENT = /<!--(?:(?!--)[^])*-->/g;

/** @throws {MalformedXmlError} */
export function readXml(source: string, { mostCharacters, mayHaveComments = false }: Reading): XmlElement {
  if (source.length > mostCharacters) throw new MalformedXmlError('it is too large');
  const body = source.replace(DECLARATION, '').trim();
  const text = mayHaveComments ? body.replaceAll(COMMENT, '').trim() : body;
  if (/<[!?]/.test(text))
    throw new MalformedXmlError('it has a document type or CDATA or a comment or a processing instruction');
  if (NOT_XML.test(text)) throw new MalformedXmlError('it has characters that XML does not allow');
  return elementOf(parse(text), 0);
}

/** What is used of the DOM. */
interface Node {
  readonly nodeType: number;
  readonly namespaceURI?: string | null;
  readonly localName: string;
  readonly data: string;
  readonly value: string;
  readonly attributes: ArrayLike<Node>;
  readonly childNodes: ArrayLike<Node>;
}
const ELEMENT = 1;
const TEXT = 3;

interface Xmldom {
  DOMParser: new (options: {
    readonly errorHandler: (level: string, message: string) => void;
  }) => { parseFromString(text: string, type: string): { readonly documentElement?: Node } };
}

function parse(text: string): Node {
  // Loaded with the first document: most servers read none. Its types would bring in those of browsers.
  const { DOMParser } = require('@xmldom/xmldom') as Xmldom;
  const refuse = (): never => {
    throw new MalformedXmlError('it is not well-formed');
  };
  let root: Node | undefined;
  try {
    root = new DOMParser({ errorHandler: refuse }).parseFromString(text, 'text/xml').documentElement;
  } catch {
    refuse();
  }
  return root ?? refuse();
}

function elementOf({ namespaceURI, localName, attributes, childNodes }: Node, depth: number): XmlElement {
  if (depth > DEEPEST) throw new MalformedXmlError('its elements are nested too deeply');
  const children: XmlElement[] = [];
  let text = '';
  for (const child of Array.from(childNodes)) {
    if (child.nodeType === ELEMENT) children.push(elementOf(child, depth + 1));
    else if (child.nodeType === TEXT) text += child.data;
    else throw new MalformedXmlError('it has something else than elements and text');
  }
  const named = Array.from(attributes).filter((one) => !one.namespaceURI);
  return {
    namespace: namespaceURI ?? '',
    name: localName,
    attributes: new Map(named.map((one) => [one.localName, one.value])),
    children,
    text,
  };
}

/** The element and everything inside it, in the order of the document. */
export function* elementsIn(element: XmlElement): Iterable<XmlElement> {
  yield element;
  for (const child of element.children) yield* elementsIn(child);
}

export function childrenOf({ children }: XmlElement, namespace: string, name: string): XmlElement[] {
  return children.filter((one) => one.namespace === namespace && one.name === name);
}
