/** What a run's results mean to the user, as stored in `metrics.json` under `verdict`. */
import { z } from 'zod';
import { html, type Html } from './html.js';
import { templateOf, templateText } from './template.js';

const verdict = z.object({
  /** How good the run is; only decides the colour. */
  level: z.enum(['good', 'fair', 'poor']).catch('fair'),
  /** One sentence. */
  title: z.string(),
  /** The reasons, one sentence each. */
  reasons: z.array(z.string()).catch([]),
  /** What to do next: sentences or commands. */
  next: z.array(z.union([z.string(), z.object({ text: z.string(), command: z.string().optional() })])).catch([]),
});
export type Verdict = z.infer<typeof verdict>;

/** The verdict in the text of a `metrics.json`; `undefined` if there is none. */
export function readVerdict(metrics: string): Verdict | undefined {
  try {
    return verdict.safeParse((JSON.parse(metrics) as { verdict?: unknown } | null)?.verdict).data;
  } catch {
    return undefined;
  }
}

const NAME = 'facewright-verdict';

/** The element with the verdict, so that a report opened alone has it too. */
export const verdictData = (found: Verdict | undefined): Html =>
  found ? templateOf(NAME, JSON.stringify({ verdict: found })) : html``;

/** The verdict inside a report's HTML. */
export function verdictOfPage(page: string): Verdict | undefined {
  const text = templateText(NAME, page);
  return text === undefined ? undefined : readVerdict(text);
}

/** A command on a line of its own, broken only between words: "--from" would otherwise end in "-". */
const commandLine = (command: string): Html =>
  html` <code>${command.split(' ').map((word, index) => html`${index > 0 && ' '}<span>${word}</span>`)}</code>`;

/** The box at the top of a run. */
export function verdictSection(found: Verdict | undefined): Html {
  if (!found) return html``;
  const { level, title, reasons, next } = found;
  return html`<section class="card judged ${level}" aria-label="Verdict">
    <p class="title">${title}</p>
    ${
      reasons.length > 0 &&
      html`<ul>
        ${reasons.map((reason) => html`<li>${reason}</li>`)}
      </ul>`
    }
    ${
      next.length > 0 &&
      html`<p class="muted">Next:</p>
        <ul>
          ${next.map((step) => (typeof step === 'string' ? html`<li>${step}</li>` : html`<li>${step.text}${step.command && commandLine(step.command)}</li>`))}
        </ul>`
    }
  </section>`;
}
