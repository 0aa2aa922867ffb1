/** Text for programs inside a report: in a `<template>`, which browsers neither show nor run. */
import { Html } from './html.js';

const ESCAPED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const PLAIN = Object.fromEntries(Object.entries(ESCAPED).map(([character, entity]) => [entity, character]));
const CLOSE = '</template>';
const open = (id: string): string => `<template id="${id}">`;

/** The element that holds the text under an id. */
export const templateOf = (id: string, text: string): Html =>
  new Html(open(id) + text.replace(/[&<>]/g, (character) => ESCAPED[character]) + CLOSE);

/** The text under that id in a page; `undefined` if there is none. */
export function templateText(id: string, page: string): string | undefined {
  const from = page.lastIndexOf(open(id));
  const to = page.indexOf(CLOSE, from);
  if (from < 0 || to < 0) return undefined;
  return page.slice(from + open(id).length, to).replace(/&(?:amp|lt|gt);/g, (entity) => PLAIN[entity]);
}
