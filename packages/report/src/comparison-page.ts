/** A comparison of several runs, as one page that needs no network. */
import { count } from './format.js';
import { html } from './html.js';
import { wholePage } from './page.js';
import type { NamedRun } from './recipes.js';
import { comparisonSection } from './sections/comparison.js';

export const comparisonPage = (runs: readonly NamedRun[]): string =>
  wholePage(
    'Runs compared',
    html`<main><header><h1>Runs compared</h1><p class="muted facts">${count(runs.length)} runs</p></header>
${comparisonSection(runs)}
<footer>Written by facewright.</footer></main>`,
  );
