/** Files from the user: from a file or directory picker, or dropped, including the contents of directories. */
import { element } from './dom.js';

export interface GivenFile {
  /** With `/`, starting with the directory's name: `run/model/model.json`. */
  readonly path: string;
  readonly file: File;
}

/** The files chosen in a picker. */
export const chosenFiles = (input: HTMLInputElement): GivenFile[] =>
  Array.from(input.files ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file })).sort(byPath);

const byPath = (a: GivenFile, b: GivenFile): number => (a.path < b.path ? -1 : 1);

/** The dropped files. The entries must be read before anything is awaited, because the browser then forgets them. */
export async function droppedFiles(transfer: DataTransfer): Promise<GivenFile[]> {
  const entries = Array.from(transfer.items, (item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null)).filter(
    (entry) => entry !== null,
  );
  const found: GivenFile[] = [];
  for (const entry of entries) await collect(entry, '', found);
  return found.sort(byPath);
}

async function collect(entry: FileSystemEntry, under: string, found: GivenFile[]): Promise<void> {
  const path = under + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // one chunk at a time; an empty one is the end
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return;
    for (const child of part) await collect(child, `${path}/`, found);
  }
}

export interface Picker {
  readonly label: string;
  readonly kind: 'file' | 'files' | 'directory';
  readonly accept?: string;
  onFiles(files: GivenFile[]): void;
}

/** An area to drop files on, with buttons for those who do not drag; `more` is placed next to them. */
export function dropZone(text: string, pickers: readonly Picker[], more: readonly HTMLElement[] = []): HTMLElement {
  const inputs = pickers.map(({ label, kind, accept, onFiles }) => {
    const input = element('input', {
      type: 'file',
      class: 'visually-hidden',
      multiple: kind !== 'file',
      webkitdirectory: kind === 'directory',
      accept,
      'aria-label': label,
    });
    input.addEventListener('change', () => {
      const files = chosenFiles(input);
      input.value = '';
      if (files.length) onFiles(files);
    });
    return element('label', { class: 'button' }, input, label);
  });
  const zone = element(
    'div',
    { class: 'drop' },
    element('p', {}, text),
    element('div', { class: 'buttons' }, ...inputs, ...more),
  );
  const over = (event: DragEvent): void => {
    event.preventDefault();
    zone.classList.add('over');
  };
  zone.addEventListener('dragenter', over);
  zone.addEventListener('dragover', over);
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    if (event.dataTransfer)
      void droppedFiles(event.dataTransfer).then((files) => files.length && pickers[0].onFiles(files));
  });
  return zone;
}

/** Offers a file as a download. */
export function download(name: string, bytes: Uint8Array, type: string): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
