/** Clickable terminal links (OSC 8) if the terminal supports them, otherwise plain text. */
import { pathToFileURL } from 'node:url';
import supportsHyperlinks from 'supports-hyperlinks';

const escaped = (text: string, url: string): string => `\u001b]8;;${url}\u001b\\${text}\u001b]8;;\u001b\\`;

export const linkTo = (url: string, text = url, supported: boolean = supportsHyperlinks.stdout): string =>
  supported ? escaped(text, url) : text;

/** A path that opens the file or directory. */
export const fileLink = (path: string, supported?: boolean): string =>
  linkTo(pathToFileURL(path).href, path, supported);
