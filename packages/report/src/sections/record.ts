/** The run's record: notices, versions and the whole config. */
import type { History } from '../history.js';
import { html, type Html } from '../html.js';
import { scrolling } from './scrolling.js';

export function recordSection({ notices, started, prepared, trained, engines }: History): Html {
  if (!started) return html``;
  const facts: [string, string | undefined][] = [
    ...Object.entries(started.versions),
    ...engines.map(({ name, device, purpose }): [string, string] => [`engine for ${purpose}`, `${name}, ${device}`]),
    ['alignment', prepared?.summary.alignment.fingerprint],
    ['detector', prepared?.summary.alignment.detector],
    ['dataset', prepared?.directory],
    ['model', trained?.directory],
  ];
  return html`<section><h2>Record</h2>
${notices.length > 0 && html`<div class="card"><h3>Notices</h3><ul class="notices">${notices.map(({ level, message, todo }) => html`<li>${level === 'warning' && html`<strong>Warning:</strong> `}${message}${todo && html` <span class="muted">${todo}</span>`}</li>`)}</ul></div>`}
<div ${scrolling('Versions and parts')}><table><caption>Versions and parts</caption><tbody>${facts.flatMap(([name, value]) => (value === undefined ? [] : [html`<tr><th scope="row">${name}</th><td><code>${value}</code></td></tr>`]))}</tbody></table></div>
<details class="card"><summary>Config</summary><pre tabindex="0"><code>${JSON.stringify(started.config, null, 2)}</code></pre></details></section>`;
}
