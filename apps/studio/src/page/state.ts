/**
 * State shared by the pages: the runs that were opened or made here, the available models, and the detector's weights.
 */
import type { RunEvent } from '@facewright/core';
import { eventsOfPage, historyOf, parseEvents, type History } from '@facewright/report';
import { extrasOf, type Extras } from './extras.js';
import type { GivenFile } from './files.js';
import type { ModelBytes } from './workers/matcher.js';

export interface Run {
  readonly name: string;
  readonly events: readonly RunEvent[];
  readonly history: History;
  /** Pictures and verdict; read when they are shown. */
  extras?(): Promise<Extras>;
}

export interface Model {
  readonly name: string;
  bytes(): Promise<ModelBytes>;
  /** The run that produced it, whose verification gives the thresholds. */
  readonly run?: Run;
}

class State extends EventTarget {
  readonly runs: Run[] = [];
  readonly models: Model[] = [];
  /** The file of the MTCNN weights. */
  weights: Uint8Array | undefined;

  addRun(run: Run): void {
    this.replace(this.runs, run);
  }
  addModel(model: Model): void {
    this.replace(this.models, model);
  }
  useWeights(weights: Uint8Array): void {
    this.weights = weights;
    this.dispatchEvent(new Event('change'));
  }
  onChange(listener: () => void): void {
    this.addEventListener('change', listener);
  }

  /** Only one per name: opening a directory again loads its newer state. */
  private replace<T extends { readonly name: string }>(list: T[], item: T): void {
    const at = list.findIndex(({ name }) => name === item.name);
    list.splice(at < 0 ? list.length : at, at < 0 ? 0 : 1, item);
    this.dispatchEvent(new Event('change'));
  }
}
export const state = new State();

export const runOf = (name: string, events: readonly RunEvent[], extras?: Run['extras']): Run => ({
  name,
  events,
  history: historyOf(events),
  ...(extras && { extras }),
});

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/**
 * Adds every run and model among the files and returns their numbers. A run is a directory with `events.jsonl`, or a
 * single `report.html`; a model is a directory with its two files.
 */
export async function addDirectories(
  files: readonly GivenFile[],
): Promise<{ runs: number; models: number; lastModel?: string }> {
  const byPath = new Map(files.map(({ path, file }) => [path, file]));
  const runs = new Map<string, Run>();
  for (const [path, file] of byPath) {
    if (path !== 'events.jsonl' && !path.endsWith('/events.jsonl')) continue;
    const folder = folderOf(path);
    const beside = (name: string): (() => Promise<string>) | undefined => {
      const found = byPath.get(folder ? `${folder}/${name}` : name);
      return found && (() => found.text());
    };
    const run = runOf(folder || 'run', parseEvents(await file.text(), path), () =>
      extrasOf({ report: beside('report.html'), metrics: beside('metrics.json') }),
    );
    runs.set(folder, run);
    state.addRun(run);
  }
  for (const [path, file] of byPath) {
    const folder = folderOf(path);
    if (!path.endsWith('.html') || runs.has(folder)) continue;
    const events = eventsOfPage(await file.text(), path);
    if (!events) continue;
    runs.set(
      path,
      runOf(path.replace(/\.html$/, ''), events, () => extrasOf({ report: () => file.text() })),
    );
    state.addRun(runs.get(path)!);
  }
  let models = 0;
  let lastModel: string | undefined;
  for (const [path, card] of byPath) {
    if (path !== 'model.json' && !path.endsWith('/model.json')) continue;
    const folder = folderOf(path);
    const weights = byPath.get(folder ? `${folder}/weights.safetensors` : 'weights.safetensors');
    if (!weights) continue;
    models++;
    lastModel = folder || 'model';
    state.addModel({
      name: lastModel,
      run: runs.get(folderOf(folder)),
      bytes: async () => ({
        card: new Uint8Array(await card.arrayBuffer()),
        weights: new Uint8Array(await weights.arrayBuffer()),
      }),
    });
  }
  return { runs: runs.size, models, ...(lastModel !== undefined && { lastModel }) };
}
