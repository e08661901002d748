// node build.mjs DIRECTORY PREFIX ID...: every build of the site below DIRECTORY/ID, its files below PREFIX/ID/.
import { mkdir, writeFile } from 'node:fs/promises';
import { build } from 'vite';

const [directory, prefix, ...ids] = process.argv.slice(2);
for (const id of ids) {
  await mkdir(`public-${id}`, { recursive: true });
  await writeFile(`public-${id}/mark.svg`, `<svg xmlns="http://www.w3.org/2000/svg"><title>${id}</title></svg>`);
  await build({
    base: prefix ? `${prefix}/${id}/` : '/',
    build: { outDir: `${directory}/${id}` },
    define: { __BUILD__: JSON.stringify(id) },
    logLevel: 'warn',
    plugins: [{ name: 'build-id', transformIndexHtml: (html) => html.replaceAll('__BUILD__', id) }],
    publicDir: `public-${id}`,
  });
}
