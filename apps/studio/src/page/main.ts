/** The page's frame: three pages under one heading. Each is created once and kept while another is shown. */
import './style.css';
import { STYLE } from '@facewright/report';
import { element } from './dom.js';
import { matchPage } from './pages/match.js';
import { runsPage } from './pages/runs.js';
import { trainPage } from './pages/train.js';
import { lookForWeights } from './weights.js';

const PAGES = [
  { id: 'runs', title: 'Runs', make: runsPage },
  { id: 'match', title: 'Match', make: matchPage },
  { id: 'train', title: 'Train', make: trainPage },
] as const;

const report = new CSSStyleSheet();
report.replaceSync(STYLE);
// before the page's own style sheet, which builds on it
document.adoptedStyleSheets = [report];
document.documentElement.classList.add('studio');

const views = PAGES.map(({ id, title, make }) => {
  const heading = element('h1', { tabindex: -1, id: `${id}-title` }, title);
  return {
    id,
    title,
    heading,
    link: element('a', { href: `#${id}` }, title),
    view: element('section', { 'aria-labelledby': heading.id, hidden: true }, heading, make()),
  };
});

function show(moveFocus: boolean): void {
  const wanted = location.hash.slice(1);
  const current = views.find(({ id }) => id === wanted) ?? views[0];
  for (const { id, view, link } of views) {
    view.hidden = id !== current.id;
    if (id === current.id) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.title = `${current.title} · facewright studio`;
  // where keyboards and screen readers continue
  if (moveFocus) current.heading.focus();
}

document.body.append(
  element(
    'a',
    { class: 'skip', href: '#content', onclick: (event: MouseEvent) => (event.preventDefault(), content().focus()) },
    'Skip to the page',
  ),
  element(
    'header',
    { class: 'top' },
    element('span', { class: 'name' }, 'facewright studio'),
    element('nav', { 'aria-label': 'Pages' }, ...views.map(({ link }) => link)),
  ),
  element('main', { id: 'content', tabindex: -1 }, ...views.map(({ view }) => view)),
);
function content(): HTMLElement {
  return document.getElementById('content')!;
}
window.addEventListener('hashchange', () => show(true));
// a photo dropped next to its target must not replace the page
for (const type of ['dragover', 'drop'] as const) window.addEventListener(type, (event) => event.preventDefault());
show(false);
// if they are in the cache on this machine, the user need not be asked
void lookForWeights();
