/** Compares two photos, then looks for a person: `node main.ts <model> <photo> <photo>`. */
import { createRecogniser } from '@facewright/recognise';

const [model = 'run/model', first = 'a.jpg', second = 'b.jpg'] = process.argv.slice(2);
const recogniser = await createRecogniser({ model });

const { similarity, same } = await recogniser.compare(first, second);
console.log(`similarity ${similarity.toFixed(3)}, same person: ${same ?? 'the model has no threshold'}`);

await recogniser.enrol('Ada', [first]);
for (const { name } of await recogniser.identify(second, { threshold: 0.5 })) console.log(name ?? 'unknown');

await recogniser.save('people.safetensors'); // embeddings, no photos
await recogniser.dispose();
