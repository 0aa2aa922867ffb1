/** Which entries of a column belong to which person: eight bytes an entry, whatever their order. */
export interface PersonGroups {
  readonly starts: Uint32Array;
  readonly entries: Uint32Array;
}

/** The entries of person p are `entries[starts[p]]` … `entries[starts[p + 1] − 1]`, in their order. */
export function groupByPerson(persons: Uint32Array, people: number): PersonGroups {
  const starts = new Uint32Array(people + 1);
  for (const person of persons) starts[person + 1]++;
  for (let person = 0; person < people; person++) starts[person + 1] += starts[person];
  const entries = new Uint32Array(persons.length);
  // each start moves to its group's end while the group is filled, and back by one place afterwards
  for (let entry = 0; entry < persons.length; entry++) entries[starts[persons[entry]]++] = entry;
  starts.copyWithin(1, 0, people);
  starts[0] = 0;
  return { starts, entries };
}

export const entriesOf = ({ starts, entries }: PersonGroups, person: number): Uint32Array =>
  entries.subarray(starts[person], starts[person + 1]);
