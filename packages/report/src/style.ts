/** The report's style sheet: system fonts, light and dark, readable in print and on a phone. */
import { HUES } from './sections/people.js';

export const STYLE = `
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--ink:#1c1e21;--muted:#5f656d;--line:#e2e2de;--grid:#ecece8;--c1:#2563c9;--c2:#c2410c;--c3:#0f766e;--c4:#7c3aed}
@media (prefers-color-scheme:dark){:root{--bg:#14161a;--card:#1c1f25;--ink:#e8eaed;--muted:#a0a7b1;--line:#2d323a;--grid:#282c33;--c1:#6ea8fe;--c2:#fb923c;--c3:#5eead4;--c4:#c4a1ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:20px;margin:44px 0 14px}
h3{font-size:16px;margin:24px 0 8px}
p{margin:0 0 12px;max-width:75ch}
.muted{color:var(--muted)}
.small{font-size:14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(156px,1fr));gap:12px;margin:24px 0 0;padding:0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile dt{font-size:13px;color:var(--muted);margin:0}
.tile dd{margin:2px 0 0}
.tile .value{display:block;font-size:22px;line-height:1.4;white-space:nowrap;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.tile .note{display:block;font-size:13px;color:var(--muted)}
.tile.main .value{color:var(--c1)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;margin:0 0 14px}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:14px;align-items:start;margin:0 0 14px}
.card>h3:first-child{margin-top:0}
.facts{max-width:none}
.two>.card{margin:0}
.scroll{overflow-x:auto}
:focus-visible{outline:3px solid var(--c1);outline-offset:2px;border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:15px}
caption{text-align:left;font-weight:600;padding:0 0 6px}
th,td{text-align:left;padding:7px 14px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--muted);font-weight:500;font-size:13px}
tbody th{font-weight:500}
tbody tr:last-child>*{border-bottom:0}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
figure{margin:0}
figcaption{font-weight:600;margin-bottom:4px}
.legend{float:right;font-weight:400;font-size:13px;color:var(--muted)}
.key{margin-left:14px;white-space:nowrap}
.key::before{content:"";display:inline-block;width:16px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle;background:currentColor}
.key.dot::before{width:8px;height:8px;border-radius:50%}
.key.c1::before{background:var(--c1)}.key.c2::before{background:var(--c2)}.key.c3::before{background:var(--c3)}.key.c4::before{background:var(--c4)}
.plot{padding:0 14px 0 52px}
svg{display:block;width:100%}
.plot svg{overflow:visible}
svg text{fill:var(--muted);font-size:12px;font-family:inherit}
svg text.label{font-size:12px}
svg .grid{stroke:var(--grid)}
svg .axis{stroke:var(--muted);stroke-opacity:.5}
svg line.mark{stroke:var(--ink);stroke-dasharray:4 3;stroke-opacity:.65}
svg text.mark{fill:var(--ink);font-weight:500}
svg .line{vector-effect:non-scaling-stroke;fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
svg .line.faint{stroke-width:1;stroke-opacity:.32}
svg .line.dashed{stroke-dasharray:5 4;stroke-width:1.5}
svg .line.c1{stroke:var(--c1)}svg .line.c2{stroke:var(--c2)}svg .line.c3{stroke:var(--c3)}svg .line.c4{stroke:var(--c4)}
svg .dots path{fill:none;stroke-width:6.5;stroke-linecap:round;vector-effect:non-scaling-stroke}
svg .dots.c1{stroke:var(--c1)}svg .dots.c2{stroke:var(--c2)}svg .dots.c3{stroke:var(--c3)}svg .dots.c4{stroke:var(--c4)}
.people{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:12px;margin:0 0 14px}
.person{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.person h3{margin:0 0 8px;font-size:14px;overflow-wrap:anywhere}
.crops{display:flex;gap:6px;flex-wrap:wrap;list-style:none;margin:0;padding:0}
.crops img{display:block;width:70px;height:70px;border-radius:6px;background:#0003}
.crops span{display:block;max-width:70px;font-size:11px;color:var(--muted);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
ul.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(142px,1fr));gap:14px 10px;list-style:none;margin:0;padding:0}
.pairs li{font-size:11px;color:var(--muted);min-width:0}
.pairs li>div{display:flex;gap:2px;width:max-content;border-radius:7px;outline:2px solid transparent;outline-offset:1px}
.pairs li.wrong>div{outline-color:var(--c2)}
.pairs img{display:block;border-radius:6px;background:#0003}
.pairs .score{display:block;margin-top:4px;font-size:13px;font-variant-numeric:tabular-nums;color:var(--ink)}
.pairs .score b{font-weight:500;color:var(--c2)}
.pairs .name{display:block;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.map,.names{--tone:.53}
svg.map{height:clamp(300px,52vw,560px);overflow:visible}
.map circle{fill:oklch(var(--tone) .15 var(--hue));stroke:var(--card);stroke-width:1}
svg.map text{fill:oklch(var(--tone) .15 var(--hue));font-size:13px;font-weight:600;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.names{display:none;flex-wrap:wrap;gap:2px 14px;list-style:none;margin:8px 0;padding:0;font-size:13px;font-weight:600}
.names li{color:oklch(var(--tone) .15 var(--hue));overflow-wrap:anywhere}
.names li::before{content:"● "}
${Array.from({ length: HUES }, (_, index) => `.hue${index}{--hue:${25 + index * (360 / HUES)}}`).join('')}
@media (prefers-color-scheme:dark){.map,.names{--tone:.78}}
.shares{min-width:180px}
svg.time{width:180px;height:14px;border-radius:4px;margin-top:4px}
.time .c1{fill:var(--c1)}.time .c2{fill:var(--c2)}.time .c4{fill:var(--c4)}
caption .legend{font-size:13px}
section.judged{border-left:4px solid var(--c1);margin-top:20px}
section.judged.good{border-left-color:var(--c3)}section.judged.poor{border-left-color:var(--c2)}
.judged .title{font-size:18px;font-weight:600;margin:0}
.judged ul{margin:8px 0 0;padding-left:20px}.judged p.muted{margin:10px 0 0}
details{margin:0 0 12px}
summary{cursor:pointer;font-weight:600;padding:4px 0}
pre{overflow:auto;font-size:13px;line-height:1.45;margin:8px 0 0}
code{font-size:.92em;overflow-wrap:anywhere}
.judged li code{display:block;margin:.15em 0 .3em}
.judged li code span{display:inline-block;max-width:100%}
ul.notices{margin:0;padding-left:20px}
footer{margin-top:44px;color:var(--muted);font-size:13px}
@media (max-width:640px){
main{padding:24px 14px 48px}
h2{margin-top:32px}
.card{padding:14px 12px}
.two{gap:12px}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px}
.tile{padding:10px 12px}.tile .value{font-size:19px;white-space:normal}
figcaption .legend,caption .legend{float:none;display:flex;flex-wrap:wrap;gap:0 14px}.legend .key{margin-left:0}
caption .legend{max-width:calc(100vw - 54px)}
.plot{padding-left:46px;padding-right:8px}
svg text.minor,svg.map text{display:none}
.names{display:flex}
.scroll th,.scroll td{white-space:nowrap}
.scroll td.text{white-space:normal;min-width:30em}
.scroll tr>:first-child{position:sticky;left:0;background:var(--card);white-space:normal;min-width:7em;max-width:42vw;overflow-wrap:anywhere}
}
@media print{body{background:#fff}.card,.tile,.person{break-inside:avoid}}
`;
