/** Plans who appears in which photo of a sample, and how. The same seed gives the same plan in Node and browsers. */
import { createRandom, type Random } from '@facewright/core';
import { drawConditions, type Conditions } from './conditions.js';
import { drawPerson, type Person } from './person.js';

export interface PlannedPhoto {
  /** The person's number in four digits, so that names sort numerically. */
  readonly identity: string;
  /** `0003/0007.jpg` */
  readonly id: string;
  readonly person: Person;
  readonly conditions: Conditions;
  /** Random stream for camera noise. */
  readonly noise: Random;
}

const digits = (index: number): string => String(index).padStart(4, '0');

/** The photos person by person; `counts[person]` of each. */
export function* planSample(seed: number, counts: readonly number[]): Generator<PlannedPhoto, void> {
  const random = createRandom(seed).fork('sample');
  for (const [index, count] of counts.entries()) {
    const person = drawPerson(random.fork('person', index));
    const identity = digits(index);
    for (let photo = 0; photo < count; photo++) {
      const stream = random.fork('photo', index, photo);
      yield {
        identity,
        id: `${identity}/${digits(photo)}.jpg`,
        person,
        conditions: drawConditions(stream),
        noise: stream.fork('noise'),
      };
    }
  }
}
