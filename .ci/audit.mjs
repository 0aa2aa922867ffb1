// Known vulnerabilities in what users install: any finding fails. A registry without an audit endpoint is said and passed over.
import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', maxBuffer: 64 << 20 });
const answer = parse(stdout);
if (answer?.metadata) {
  const { total } = answer.metadata.vulnerabilities;
  for (const { name, severity, range } of Object.values(answer.vulnerabilities))
    console.log(`${severity}: ${name} ${range}`);
  console.log(`npm audit: ${total} known ${total === 1 ? 'vulnerability' : 'vulnerabilities'}`);
  process.exitCode = total ? 1 : 0;
} else if (answer && (answer.statusCode >= 400 || /ENOTFOUND|ECONN|ETIMEDOUT|audit endpoint/.test(stdout))) {
  console.log(`npm audit: not checked, the registry offers no audit here (${answer.message ?? answer.error?.summary})`);
} else {
  console.error(`npm audit: failed\n${stdout}`);
  process.exitCode = 1;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
