"""The one style sheet of a report, and the policy that lets a browser use it and nothing else."""

from __future__ import annotations

import base64
import functools
import hashlib

SHEET = """
:root{color-scheme:light dark;--page:#f7f7f5;--paper:#fff;--ink:#1c2127;--soft:#57606a;
--line:#d9dce1;--blue:#1f5fbf;--orange:#b4500b;--good:#17663a;--bad:#a8201a;--warn:#7a5200;
--blue-rgb:31 95 191;--orange-rgb:200 90 20;--bar:#4c86d8;--good-page:#e3f3e8;--bad-page:#fbe6e4;
--warn-page:#fcf0d4}
@media (prefers-color-scheme:dark){:root{--page:#0f1216;--paper:#171b21;--ink:#e8eaed;
--soft:#a5adb8;--line:#323943;--blue:#8ab4f8;--orange:#f0a35e;--good:#7ed6a0;--bad:#ff9d94;
--warn:#f2c55c;--blue-rgb:110 160 255;--orange-rgb:240 150 80;--bar:#5f93e0;--good-page:#15301f;
--bad-page:#3a1a18;--warn-page:#35290f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;overflow-wrap:break-word;background:var(--page);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;line-height:1.3;margin:0 0 .75rem}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0;max-width:46rem}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;
padding:1.25rem 1.4rem;margin:1.1rem 0}
nav ul{display:flex;flex-wrap:wrap;gap:.15rem 1rem;list-style:none;margin:.75rem 0 0;padding:0;
font-size:.9rem}
a{color:var(--blue)}
bdi,code,td,th{overflow-wrap:anywhere}
code{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{margin:.75rem 0;padding:.8rem 1rem;background:var(--page);border:1px solid var(--line);
border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere}
.soft,caption{color:var(--soft)}
.small{font-size:.88rem}
.verdict{border-left:5px solid var(--soft);background:var(--paper);padding:.7rem 1rem;
border-radius:6px;margin:1rem 0;max-width:none}
.verdict.good{border-color:var(--good);background:var(--good-page)}
.verdict.bad{border-color:var(--bad);background:var(--bad-page)}
.verdict.warn{border-color:var(--warn);background:var(--warn-page)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;
margin:1rem 0;padding:0}
.tiles div{background:var(--paper);border:1px solid var(--line);border-radius:10px;
padding:.65rem .85rem}
.tiles dt{color:var(--soft);font-size:.82rem;line-height:1.3}
.tiles dd{margin:.1rem 0 0;font-size:1.4rem;line-height:1.3;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
.tiles .word{font-size:1.05rem;overflow-wrap:break-word}
.tiles dd small{display:block;font-size:.78rem;color:var(--soft)}
.scroll{overflow-x:auto;margin:.75rem 0}
.scroll:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.92rem;margin:.9rem 0}
section>:last-child{margin-bottom:0}
caption{text-align:left;padding:0 0 .4rem;font-size:.88rem}
th,td{text-align:left;vertical-align:top;padding:.36rem 1.1rem .36rem 0;
border-bottom:1px solid var(--line);overflow:clip;overflow-clip-margin:2px}
thead th{font-weight:600;color:var(--soft);font-size:.82rem;overflow-wrap:normal}
tbody th{font-weight:500;min-width:6rem}
th.figure{min-width:3.5rem}
th.figure,td.figure{text-align:right;font-variant-numeric:tabular-nums}
td.figure{white-space:nowrap}
td.figure small{display:block}
td.chart{width:34%;min-width:5.5rem;vertical-align:middle;padding-right:0}
table.matrix{width:auto}
table.matrix th,table.matrix td{padding:.36rem .55rem;border:1px solid var(--line)}
table.matrix thead th,table.matrix td{text-align:right;font-variant-numeric:tabular-nums}
table.matrix th{min-width:4.2rem;max-width:9rem}
table.matrix td{white-space:nowrap}
table.matrix .corner{text-align:left}
.tag{display:inline-block;border-radius:99px;padding:0 .55rem;font-size:.8rem;line-height:1.5rem;
white-space:nowrap;color:var(--soft);border:1px solid var(--line)}
.tag.good{color:var(--good);background:var(--good-page);border-color:transparent}
.tag.bad{color:var(--bad);background:var(--bad-page);border-color:transparent}
.tag.warn{color:var(--warn);background:var(--warn-page);border-color:transparent}
svg{display:block;width:100%}
svg.bar{height:.8rem}
svg.spark{height:1.9rem;max-width:14rem}
svg.figure{max-width:24rem;height:auto;margin:.5rem 0}
.beside{display:flex;flex-wrap:wrap;gap:.5rem 2.5rem;align-items:flex-start}
.beside>svg{flex:1 1 19rem}.beside>:not(svg){flex:1 1 17rem;width:auto}
svg text{fill:var(--soft);font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
svg .end{text-anchor:end}
svg .middle{text-anchor:middle}
.fill{fill:var(--bar)}
.fill.second{fill:var(--orange)}
.track{fill:var(--line)}
.axis{stroke:var(--soft);stroke-width:1;fill:none}
.grid{stroke:var(--line);stroke-width:1;fill:none}
.dash{stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4;fill:none}
.limit{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:5 3;fill:none}
.curve{stroke:var(--blue);stroke-width:2;fill:none}
.whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
.dot{fill:var(--blue);stroke:var(--paper);stroke-width:1}
footer{padding-bottom:2.5rem;color:var(--soft);font-size:.85rem}
@media (max-width:36rem){body{font-size:15px}header,main,footer{padding-left:.8rem;
padding-right:.8rem}section{padding:1rem .9rem}.tiles{grid-template-columns:repeat(2,1fr);
gap:.5rem}.tiles dd{font-size:1.2rem}th,td{padding-right:.6rem}.wide{display:none}
td.chart{width:26%;min-width:3.5rem}}
@media print{:root{--page:#fff;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--blue:#1f5fbf;
--orange:#b4500b;--good:#17663a;--bad:#a8201a;--warn:#7a5200;--blue-rgb:31 95 191;
--orange-rgb:200 90 20;--bar:#4c86d8;--good-page:#e3f3e8;--bad-page:#fbe6e4;--warn-page:#fcf0d4}
body{font-size:10.5pt}nav{display:none}section{border:0;padding:0;margin:1.2rem 0}
h2,h3,caption{break-after:avoid}tr,svg,.verdict,.tiles div{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
header,main,footer{max-width:none;padding:0}.scroll{overflow:visible}}
""" + "".join(
    f".hit{step}{{background:rgb(var(--blue-rgb) / {step * 0.055:.3f})}}"
    f".miss{step}{{background:rgb(var(--orange-rgb) / {step * 0.055:.3f})}}"
    for step in range(1, 10)
)
"""`.hit1` to `.hit9`, `.miss1` to `.miss9`: cells of the confusion matrix, pale to strong."""


@functools.cache
def policy() -> str:
    """The content security policy: no script, no network, no style but the sheet by its digest."""
    digest = base64.b64encode(hashlib.sha256(SHEET.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
