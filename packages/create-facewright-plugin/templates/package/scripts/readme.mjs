// Writes the README's table of options from the plugin's schema. Part of `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import plugin from '../dist/index.js';

const { properties = {}, required = [] } = z.toJSONSchema(plugin.options, { io: 'input' });
const cell = (value) => String(value).replaceAll('|', '\\|');
const typeOf = ({ type, enum: values, anyOf }) =>
  values ? values.map((value) => JSON.stringify(value)).join(', ') : (type ?? anyOf?.map(typeOf).join(' or ') ?? 'any');
const rows = Object.entries(properties).map(([name, schema]) => {
  const missing = required.includes(name) ? 'required' : '';
  const fallback = 'default' in schema ? `\`${JSON.stringify(schema.default)}\`` : missing;
  return `| \`${name}\` | ${cell(typeOf(schema))} | ${cell(fallback)} | ${cell(schema.description ?? '')} |`;
});
const table = rows.length
  ? ['| option | type | default | |', '| --- | --- | --- | --- |', ...rows].join('\n')
  : 'It takes no options.';
const readme = readFileSync('README.md', 'utf8');
writeFileSync(
  'README.md',
  readme.replace(
    /(<!-- options[^>]*-->\n)[^]*?(<!-- \/options -->)/,
    (_, start, end) => `${start}\n${table}\n\n${end}`,
  ),
);
