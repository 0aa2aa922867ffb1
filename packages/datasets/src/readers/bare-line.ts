/**
 * One line of a list with labels but no landmarks: `path label`, MXNet's `.lst` (im2rec: "index<TAB>label<TAB>path") or InsightFace's (face2rec2:
 * "aligned<TAB>path<TAB>label", possibly with more fields).
 */
import { isPhotoName } from './photo-files.js';

export interface BareLine {
  readonly path: string;
  readonly label: string;
}

const isNumber = (text: string): boolean => /^\d{1,15}(\.\d{1,15})?$/.test(text);
/** MXNet labels are floats: 5.000000 is person 5. */
const labelText = (text: string): string => text.trim().replace(/^(\d+)\.0+$/, '$1');

/** `undefined` for any other kind of line. */
export function parseBare(line: string): BareLine | undefined {
  const tabs = line.trim().split('\t', 4);
  if (tabs.length >= 3) {
    const [first, second, third] = tabs;
    if (isNumber(first) && isNumber(second) && isPhotoName(third)) return { path: third, label: labelText(second) };
    if (/^[01]$/.test(first) && isPhotoName(second) && third) return { path: second, label: labelText(third) };
    return undefined;
  }
  const text = line.trim();
  const cut = Math.max(text.lastIndexOf(' '), text.lastIndexOf('\t'));
  const [path, label] = [text.slice(0, cut).trim(), text.slice(cut + 1)];
  return cut > 0 && isPhotoName(path) ? { path, label: labelText(label) } : undefined;
}
