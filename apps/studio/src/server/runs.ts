/** The runs in a directory as offered to the page, including runs that start later. */
import { findRuns, type FoundRun } from './find-runs.js';
import { openWithin, type OpenFile } from './run-file.js';

/** As listed for the page; URLs are relative to it. */
export interface ListedRun {
  readonly name: string;
  readonly events: string;
  /** Size of the event log so far, in bytes. */
  readonly size: number;
  readonly report?: string;
  readonly metrics?: string;
  readonly model?: { readonly card: string; readonly weights: string };
}

export interface Runs {
  /** Current runs, by name. */
  list(): Promise<ListedRun[]>;
  /** One of the files offered to the page; `undefined` if it does not exist. The caller closes it. */
  open(id: string, name: string): Promise<OpenFile | undefined>;
}

const FILES: Readonly<Record<string, string>> = {
  'events.jsonl': 'text/plain; charset=utf-8',
  'metrics.json': 'application/json',
  // as text, because the page reads it, and nobody should open it as a page at this URL
  'report.html': 'text/plain; charset=utf-8',
  'model/model.json': 'application/json',
  'model/weights.safetensors': 'application/octet-stream',
};

/** Throws a `FacewrightError` if there is no run. */
export async function openRuns(directory: string): Promise<Runs> {
  /** A run's index is its permanent id. */
  const known: FoundRun[] = [];
  const look = async (): Promise<void> => {
    for (const run of await findRuns(directory)) if (!known.some(({ path }) => path === run.path)) known.push(run);
  };
  await look();
  const open: Runs['open'] = async (id, name) => {
    const run = /^\d{1,9}$/.test(id) ? known[Number(id)] : undefined;
    const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    return run && type !== undefined ? openWithin(run.path, name, type) : undefined;
  };
  return {
    open,
    list: async () => {
      await look().catch(() => undefined); // if all of them were removed, none is listed
      const listed = await Promise.all(known.map(({ name }, id) => describe(name, String(id), open)));
      return listed.filter((run) => run !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

async function describe(name: string, id: string, open: Runs['open']): Promise<ListedRun | undefined> {
  const sizeOf = async (file: string): Promise<number | undefined> => {
    const opened = await open(id, file);
    await opened?.handle.close();
    return opened?.size;
  };
  const [size, report, metrics, card, weights] = await Promise.all(
    ['events.jsonl', 'report.html', 'metrics.json', 'model/model.json', 'model/weights.safetensors'].map(sizeOf),
  );
  if (size === undefined) return undefined;
  const at = `api/runs/${id}`;
  return {
    name,
    events: `${at}/events.jsonl`,
    size,
    ...(report !== undefined && { report: `${at}/report.html` }),
    ...(metrics !== undefined && { metrics: `${at}/metrics.json` }),
    ...(card !== undefined &&
      weights !== undefined && {
        model: { card: `${at}/model/model.json`, weights: `${at}/model/weights.safetensors` },
      }),
  };
}
