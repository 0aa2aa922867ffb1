/** What the page's own server offers beside the page: the runs it was started on, and the detector's weights. Nothing is ever sent to it but these questions. */
import { parseEvents } from '@facewright/report';
import { runOf, state } from './state.js';

interface ServedRun {
  readonly name: string;
  /** Addresses relative to the page. */
  readonly events: string;
  readonly model?: { readonly card: string; readonly weights: string };
}

/** Takes the runs the server has. A page served by another server has none. */
export async function loadServedRuns(): Promise<number> {
  const answer = await fetch('api/runs').catch(() => undefined);
  if (!answer?.ok || !answer.headers.get('content-type')?.includes('json')) return 0;
  const runs = (await answer.json()) as ServedRun[];
  for (const { name, events, model } of runs) {
    const run = runOf(name, parseEvents(await textAt(events), events));
    state.addRun(run);
    if (model)
      state.addModel({
        name: `${name}/model`,
        run,
        bytes: async () => ({ card: await bytesAt(model.card), weights: await bytesAt(model.weights) }),
      });
  }
  return runs.length;
}

/** The weights out of the tool's cache on this machine; `undefined` where it has none yet. */
export async function cachedWeights(): Promise<Uint8Array | undefined> {
  const answer = await fetch('api/weights/mtcnn').catch(() => undefined);
  return answer?.status === 200 && answer.headers.get('content-type') === 'application/octet-stream'
    ? new Uint8Array(await answer.arrayBuffer())
    : undefined;
}

/** Has the server fetch them from where the command line tool does: only when the user says so. */
export async function fetchWeights(): Promise<Uint8Array> {
  const token = document.querySelector<HTMLMetaElement>('meta[name="facewright-token"]')?.content ?? '';
  const answer = await fetch('api/weights/mtcnn', { method: 'POST', headers: { 'x-facewright-token': token } });
  if (!answer.ok) throw new Error(await answer.text());
  return new Uint8Array(await answer.arrayBuffer());
}

async function get(address: string): Promise<Response> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`The server answers ${answer.status} for ${address}.`);
  return answer;
}
const textAt = async (address: string): Promise<string> => (await get(address)).text();
const bytesAt = async (address: string): Promise<Uint8Array> =>
  new Uint8Array(await (await get(address)).arrayBuffer());
