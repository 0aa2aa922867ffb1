/** The data: tiers, sample crops, and every excluded photo with its reason. */
import { countOf } from '@facewright/core';
import { count } from '../format.js';
import type { History } from '../history.js';
import { html, type Html } from '../html.js';
import type { Crop, DroppedPicture } from '../pictures.js';
import { image } from './picture.js';
import { pictureKey } from '../page-pictures.js';
import { scrolling } from './scrolling.js';

const REASONS: Readonly<Record<string, string>> = {
  unreadable: 'cannot be read or is damaged',
  'not-an-image': 'not an image',
  'too-small': 'too small',
  'too-large': 'over the size limit',
  'no-face': 'no face found',
  'several-faces': 'more than one face found',
  'bad-landmarks': 'landmarks missing or unusable',
  'detection-failed': 'the detector failed on it',
  'alignment-failed': 'the aligner failed on it',
  'not-picked': 'not selected for its tier',
  'too-few-photos': 'its person has too few photos for any tier',
  'wrong-size': 'wrong size for an aligned face',
};

export function dataSection(
  { prepared, exclusions, excluded }: History,
  crops: readonly Crop[] = [],
  dropped: readonly DroppedPicture[] = [],
): Html {
  if (!prepared && !crops.length) return html``;
  const summary = prepared?.summary;
  const tiers = Object.entries(summary?.perTier ?? {});
  const reasons = Object.entries(summary?.reasons ?? {}).sort(([, a], [, b]) => b - a);
  return html`<section><h2>Data</h2>
${
  summary &&
  html`<p>${countOf(summary.photos, 'photo')}: ${count(summary.kept)} kept, ${count(summary.dropped)} left out. They became ${countOf(summary.images, 'aligned image')} of ${countOf(summary.identities, 'person')} at ${summary.alignment.size}×${summary.alignment.size} pixels.</p>
<div class="two"><div ${scrolling('Tiers')}><table><caption>Tiers</caption>
<thead><tr><th scope="col">Tier</th><th scope="col" class="number">People</th><th scope="col" class="number">Photos</th><th scope="col" class="number">Images</th></tr></thead>
<tbody>${tiers.map(([name, tier]) => html`<tr><th scope="row">${name}</th><td class="number">${count(tier.identities)}</td><td class="number">${count(tier.photos)}</td><td class="number">${count(tier.images)}</td></tr>`)}</tbody></table></div>
<div ${scrolling('Left out')}><table><caption>Left out</caption>
<thead><tr><th scope="col">Reason</th><th scope="col" class="number">Photos</th></tr></thead>
<tbody>${reasons.length ? reasons.map(([reason, photos]) => html`<tr><th scope="row">${REASONS[reason] ?? reason}</th><td class="number">${count(photos)}</td></tr>`) : html`<tr><td colspan="2" class="muted">Nothing was left out.</td></tr>`}</tbody></table></div></div>`
}
${droppedSheet(dropped)}
${exclusionList(exclusions, excluded)}
${cropSheet(crops)}</section>`;
}

function exclusionList(shown: History['exclusions'], excluded: number): Html {
  if (!shown.length) return html``;
  return html`<details class="card"><summary>Every photo left out (${count(excluded)})</summary>
${excluded > shown.length && html`<p class="muted small">The first ${count(shown.length)} are listed here, all of them in the dataset's excluded.jsonl.</p>`}
<div ${scrolling('Every photo left out', false)}><table><thead><tr><th scope="col">Photo</th><th scope="col">Person</th><th scope="col">Reason</th></tr></thead>
<tbody>${shown.map(({ photo, identity, reason, detail }) => html`<tr><td><code>${photo}</code></td><td>${identity}</td><td>${REASONS[reason] ?? reason}${detail && html`<br><span class="small muted">${detail}</span>`}</td></tr>`)}</tbody></table></div></details>`;
}

function droppedSheet(dropped: readonly DroppedPicture[]): Html {
  if (!dropped.length) return html``;
  return html`<h3>Left out, for example</h3><div class="people">${groups(dropped, ({ reason }) => reason).map(
    ([reason, photos]) =>
      html`<div class="person"><h3>${REASONS[reason] ?? reason}</h3><ul class="crops">${photos.map((photo) => html`<li>${image(photo, `Photo left out: ${photo.photo}`, pictureKey('dropped', dropped.indexOf(photo)))}<span title="${photo.photo}">${photo.photo.split('/').at(-1)}</span></li>`)}</ul></div>`,
  )}</div>`;
}

function cropSheet(crops: readonly Crop[]): Html {
  if (!crops.length) return html``;
  const people = groups(crops, ({ identity }) => identity);
  return html`<h3>Aligned faces</h3><div class="people">${people.map(
    ([identity, images]) =>
      html`<div class="person"><h3>${identity}</h3><ul class="crops">${images.map(
        (crop) =>
          html`<li>${image(crop, `Aligned face of ${identity}, ${crop.caption}`, pictureKey('crop', crops.indexOf(crop)))}<span title="${crop.caption}">${crop.caption}</span></li>`,
      )}</ul></div>`,
  )}</div>`;
}

function groups<T>(list: readonly T[], key: (value: T) => string): [string, T[]][] {
  const found = new Map<string, T[]>();
  for (const value of list) found.set(key(value), [...(found.get(key(value)) ?? []), value]);
  return [...found];
}
