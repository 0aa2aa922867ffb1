/**
 * One line of a Trillion Pairs landmark list (insightface, src/data/glint2lst.py): `path label x1 y1 … x5 y5` separated
 * by spaces, or the test form without the label. Paths may contain spaces, so the path is the part that ends in an
 * image extension and leaves the right number of fields. A line with a missing number is therefore never mistaken for
 * one with a different path.
 */
import { landmarksFrom, type Landmarks } from '@facewright/core';
import { posix } from 'node:path';
import { isPhotoName } from './photo-files.js';

export interface LandmarkLine {
  readonly path: string;
  /** `undefined` in the test form, and in a broken line without one. */
  readonly label?: string;
  readonly landmarks?: Landmarks;
  /** What is wrong with the line. */
  readonly problem?: string;
}

const NUMBERS = 10;
const isNumber = (text: string): boolean =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text));

/** The line in the labelled form (12 fields) or the test form (11); `undefined` if it has another form. */
export function parseWhole(line: string, labelled: boolean): LandmarkLine | undefined {
  const fields = line.trim().split(/\s+/);
  const tail = NUMBERS + (labelled ? 1 : 0);
  if (fields.length <= tail) return undefined;
  const numbers = fields.slice(-NUMBERS);
  const path = pathOf(line, fields.length - tail);
  if (!isPhotoName(path) || !numbers.every(isNumber)) return undefined;
  const label = labelled ? { label: fields[fields.length - tail] } : {};
  if (leadsOut(path))
    return { path: relative(path), ...label, problem: `the path "${path}" points outside the image folder` };
  const values = numbers.map(Number);
  const landmarks = landmarksFrom([0, 2, 4, 6, 8].map((i) => [values[i], values[i + 1]] as const));
  return { path: relative(path), landmarks, ...label };
}

/** The same for any line: a broken one keeps its apparent path and label, and says what is wrong. */
export function parseLine(line: string, labelled: boolean): LandmarkLine {
  const whole = parseWhole(line, labelled);
  if (whole) return whole;
  const fields = line.trim().split(/\s+/);
  const named = fields.findIndex(isPhotoName);
  const pathFields = named < 0 ? 1 : named + 1;
  const rest = fields.slice(pathFields);
  const label = labelled && named >= 0 ? rest[0] : undefined;
  const numbers = labelled ? rest.slice(1) : rest;
  const problem = named < 0 ? 'no field looks like the name of an image' : problemOf(numbers);
  return { path: relative(pathOf(line, pathFields)), ...(label !== undefined && { label }), problem };
}

function problemOf(numbers: readonly string[]): string {
  const wrong = numbers.find((text) => !isNumber(text));
  return wrong === undefined ? `${numbers.length} numbers instead of ${NUMBERS}` : `"${wrong}" is not a number`;
}

/** The usual line: twelve fields separated by single spaces. */
const USUAL = /^(\S+) (\S+)(?: [+-]?\d+(?:\.\d+)?){10}$/;

/**
 * The label that `parseLine` would find in a labelled line, but faster for the usual line, because lists have millions.
 */
export function labelOf(line: string): string | undefined {
  const usual = USUAL.exec(line);
  return usual && isPhotoName(usual[1]) ? usual[2] : parseLine(line, true).label;
}

/** The path that `parseLine` would find in the usual line of the labelled form. */
export function usualPath(line: string): string | undefined {
  const usual = USUAL.exec(line);
  return usual && isPhotoName(usual[1]) ? relative(usual[1]) : undefined;
}

/** The first `count` fields, with the original spaces between them. */
function pathOf(line: string, count: number): string {
  if (count === 1) return /\S+/.exec(line)![0];
  return new RegExp(`^\\s*(\\S+(?:\\s+\\S+){${count - 1}})`).exec(line)![1];
}

const slashes = (path: string): string => path.replaceAll('\\', '/');
/** For a path in a list, in any form. */
export const leadsOut = (path: string): boolean => posix.normalize(slashes(path)).startsWith('../');
/** With `/`, always below the root. */
export const relative = (path: string): string => posix.normalize(`/${slashes(path)}`).slice(1);
