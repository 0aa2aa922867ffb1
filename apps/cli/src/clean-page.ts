/** `clean.html`: the problems found in a dataset, as contact sheets in a single file. */
import { encodeImage } from '@facewright/platform/node';
import { html, type Html } from '@facewright/report';
import type { Problems } from '@facewright/quality';
import type { CollectedFaces, CollectedPhoto } from './collect-faces.js';

/** Maximum rows per section; clean.json has all of them. */
const SHOWN = 150;
/** Number of a person's other photos shown next to the one in question. */
const BESIDE = 6;

const STYLE = `body{font:14px system-ui,sans-serif;margin:2rem;max-width:75rem;color:#222;background:#fff}
h2{margin-top:2.5rem}figure{display:inline-block;margin:0 6px 6px 0;vertical-align:top;width:88px}
img{width:88px;height:88px;display:block}figcaption{font-size:11px;color:#555;overflow-wrap:anywhere}
section>div{border-top:1px solid #ddd;padding:8px 0}p{margin:0 0 6px}.asked img{outline:3px solid #c33}`;

export async function cleanPage(
  problems: Problems,
  { photos }: CollectedFaces,
  benchmark: CollectedFaces | undefined,
): Promise<string> {
  const { people, samePeople, overlap, benchmarkPeople } = problems;
  const wrong = new Set(problems.wrong.map(({ photo }) => photo));
  const picture = async (photo: CollectedPhoto, asked = false): Promise<Html> => {
    const bytes = Buffer.from(await encodeImage(await photo.crop(), 'jpeg', 80)).toString('base64');
    const figure = html`<img alt="" src="data:image/jpeg;base64,${bytes}" /><figcaption>${photo.source}</figcaption>`;
    return asked ? html`<figure class="asked">${figure}</figure>` : html`<figure>${figure}</figure>`;
  };
  const some = (all: readonly CollectedPhoto[], person: string, without?: ReadonlySet<number>) =>
    all.filter((photo, index) => photo.person === person && !without?.has(index)).slice(0, BESIDE);
  const row = async (text: string, asked: readonly CollectedPhoto[], beside: readonly CollectedPhoto[]) => {
    const figures: Html[] = [];
    for (const photo of asked) figures.push(await picture(photo, true));
    for (const photo of beside) figures.push(await picture(photo));
    return html`<div><p>${text}</p>${figures}</div>`;
  };
  const section = async <T>(title: string, found: readonly T[], draw: (one: T) => Promise<Html>): Promise<Html> => {
    const rows: Html[] = [];
    for (const one of found.slice(0, SHOWN)) rows.push(await draw(one));
    const more = found.length > SHOWN ? html`<p>${found.length - SHOWN} more are in clean.json.</p>` : '';
    return html`<section><h2>${title}: ${found.length}</h2>${rows}${more}</section>`;
  };
  const score = (value: number): string => value.toFixed(2);
  const sections = [
    await section('Photos that are not of their person', problems.wrong, ({ photo, similarity, likely }) =>
      row(
        `${photos[photo].person}: ${score(similarity)}${likely ? `; most like ${people[likely.person]} (${score(likely.similarity)})` : ''}`,
        [photos[photo]],
        some(photos, photos[photo].person, wrong),
      ),
    ),
    await section('People who are the same', samePeople, ({ a, b, similarity }) =>
      row(
        `${people[a]} and ${people[b]}: ${score(similarity)}`,
        some(photos, people[a], wrong),
        some(photos, people[b], wrong),
      ),
    ),
    await section('The same photo twice', problems.duplicates, ({ a, b, how }) =>
      row(`${photos[a].person} and ${photos[b].person}: ${how}`, [], [photos[a], photos[b]]),
    ),
    await section('People in the benchmark', overlap, ({ a, b, similarity }) =>
      row(
        `${people[a]} is ${benchmarkPeople[b]}: ${score(similarity)}`,
        some(photos, people[a], wrong),
        some(benchmark?.photos ?? [], benchmarkPeople[b]),
      ),
    ),
    await section('Poor photos', problems.poor, ({ photo, reasons }) =>
      row(`${photos[photo].person}: ${reasons.join(', ')}`, [], [photos[photo]]),
    ),
    await section('Photos of people without any two matching photos', problems.unclear, (photo) =>
      row(photos[photo].person, [], [photos[photo]]),
    ),
  ];
  const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>facewright clean</title><style>${STYLE}</style></head>`;
  return `${head}<body>${html`<h1>Problems in the data</h1>${sections}`.text}</body></html>\n`;
}
